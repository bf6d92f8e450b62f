#include "lab/output/answers_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <vector>

#include "base/strings/characters.h"
#include "base/strings/text.h"
#include "lab/statistics/prompt_sums.h"
#include "lab/store/contender_details.h"

namespace ergon::lab {
namespace {

std::string line_of(const std::vector<std::string>& cells) {
    return fmt::format("{}\r\n", fmt::join(cells, ","));
}

void add_figure(const energy::Figure& figure, bool known, std::vector<std::string>& cells) {
    for (const base::Joules joules : {figure.value, figure.low, figure.high}) {
        cells.push_back(known ? fmt::format("{}", joules.value()) : std::string());
    }
}

std::vector<std::string> names_of_columns() {
    std::vector<std::string> names{"contender", "prompt", "task",  "session",    "repeat",
                                   "finish",    "right",  "words", "characters", "assumed"};
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        for (const char* what : {"tokens", "seconds", "joules", "joules_low", "joules_high", "above_idle",
                                 "above_idle_low", "above_idle_high", "method"}) {
            names.push_back(fmt::format("{}_{}", energy::phase_names[i], what));
        }
    }
    names.insert(names.end(), {"processor_seconds", "others_seconds"});
    return names;
}

std::string row(const Contender& contender, const Answer& answer) {
    std::vector<std::string> cells{base::csv_cell(contender.label),
                                   base::csv_cell(answer.prompt),
                                   base::csv_cell(answer.category),
                                   std::to_string(answer.session),
                                   std::to_string(answer.repeat),
                                   base::csv_cell(answer.finish_reason),
                                   !answer.right   ? ""
                                   : *answer.right ? "1"
                                                   : "0",
                                   std::to_string(count_words(answer.text)),
                                   std::to_string(count_characters(answer.text)),
                                   contender_details(contender.details).assumed_joules_per_token ? "1" : "0"};
    for (const PhaseResult& phase : answer.phases) {
        cells.push_back(std::to_string(phase.tokens.value()));
        cells.push_back(fmt::format("{}", phase.seconds.value()));
        add_figure(phase.total, answer.metered, cells);
        add_figure(phase.above_idle, answer.metered, cells);
        cells.emplace_back(answer.metered ? energy::name(phase.total.method) : "");
    }
    cells.push_back(fmt::format("{}", answer.measures.processor.value()));
    cells.push_back(fmt::format("{}", answer.measures.others.value()));
    return line_of(cells);
}

/// An answer that could not be had: nothing is known of it.
std::string row(const Contender& contender, const std::string& category, const Failure& failure) {
    std::vector<std::string> cells{base::csv_cell(contender.label), base::csv_cell(failure.prompt),
                                   base::csv_cell(category),        std::to_string(failure.session),
                                   std::to_string(failure.repeat),  "failed"};
    cells.resize(names_of_columns().size());
    return line_of(cells);
}

}  // namespace

std::string answers_csv(std::span<const StoredRun> runs) {
    std::string text = line_of(names_of_columns());
    for (const StoredRun& stored : runs) {
        Results results(stored.file, Access::read);
        const std::vector<Contender> contenders = results.contenders(stored.run);
        results.for_each(stored.run, [&](const Answer& answer) {
            text += row(contenders.at(static_cast<std::size_t>(answer.contender)), answer);
        });
        std::map<std::string, std::string> categories;
        for (const AskedPrompt& prompt : results.prompts(stored.run)) categories[prompt.id] = prompt.category;
        for (const Failure& failure : results.failures(stored.run)) {
            text +=
                row(contenders.at(static_cast<std::size_t>(failure.contender)), categories[failure.prompt], failure);
        }
    }
    return base::in_utf8(text);
}

}  // namespace ergon::lab
