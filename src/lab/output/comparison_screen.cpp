#include "lab/output/comparison_screen.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/wrapped.h"
#include "lab/figure_text.h"
#include "lab/findings/caveats.h"
#include "lab/findings/findings.h"
#include "lab/output/comparison_table.h"
#include "lab/slice/slice_findings.h"

namespace ergon::lab {
namespace {

constexpr std::size_t max_quoted = 3;

/// "experts", "thinking": what effects are named after.
std::vector<std::string> factor_names(const Comparison& comparison) {
    std::vector<std::string> names;
    for (const Effect& effect : comparison.effects) {
        const std::string& name = effect.levels.front().factor;
        if (!effect.interaction() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    return names;
}

bool any_graded(const Comparison& comparison) {
    return std::ranges::any_of(comparison.contenders, [](const auto& one) { return one.accuracy.has_value(); });
}

std::string question(const Comparison& comparison) {
    const std::string right = any_graded(comparison) ? ", and per right answer" : "";
    if (const auto factors = factor_names(comparison); !factors.empty()) {
        return fmt::format("How {} {} change the energy per answer{}?", factors.size() == 1 ? "does" : "do",
                           fmt::join(factors, " and "), right);
    }
    if (comparison.contenders.size() == 2) {
        return fmt::format("How much energy does an answer of {} take, compared with {}?",
                           shown(comparison.contenders[1].label), shown(comparison.contenders[0].label));
    }
    return fmt::format("How much energy does each contender take per answer{}?", right);
}

/// A row for each contender; 100 columns: what the figures need is taken from the labels.
std::string screen_table(const Comparison& comparison) {
    const bool with_method = !uniform_method(comparison);
    const auto cells = [&](auto of) { return figure_cells(figure_column(comparison.contenders, of), with_method); };
    const std::vector<std::string> per_answer = cells(&ContenderSummary::joules_per_answer);
    const std::vector<std::string> per_right = cells(&ContenderSummary::joules_per_correct);
    const int answer_width = widest_of(per_answer, 22), right_width = widest_of(per_right, 22);
    const int label_width = std::max(min_label_width, base::table_width - 32 - answer_width - right_width);
    const auto row = [&](const std::string& label, const std::string& answers, const std::string& tokens,
                         const std::string& joules, const std::string& right, const std::string& joules_per_right) {
        return fmt::format("{:<{}} {:>7} {:>7} {:>{}} {:>13} {:>{}}\n", label, label_width, answers, tokens, joules,
                           answer_width, right, joules_per_right, right_width);
    };
    std::string text = row("", "prompts", "tokens", "joules per answer", "right", "joules per right");
    for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
        const ContenderSummary& one = comparison.contenders[i];
        const auto answers = static_cast<double>(std::max<std::int64_t>(one.answers, 1));
        text += row(shown(one.label, static_cast<std::size_t>(label_width)), count(one.prompts),
                    digits(static_cast<double>(one.tokens[1] + one.tokens[2]) / answers), per_answer[i],
                    one.accuracy ? fmt::format("{:.0f}% ({:.0f}-{:.0f})", 100 * one.accuracy->value,
                                               100 * one.accuracy->low, 100 * one.accuracy->high)
                                 : "-",
                    per_right[i]);
    }
    return text;
}

std::string capped_note(const Comparison& comparison) {
    std::vector<std::string> capped;
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.capped > 0) capped.push_back(fmt::format("{} {} of {}", shown(one.label), one.capped, one.answers));
    }
    return capped.empty() ? "" : fmt::format(" Cut off by a token limit: {}.", fmt::join(capped, ", "));
}

}  // namespace

std::vector<std::string> quotable(const Comparison& comparison, const std::optional<LayerSlice>& slice) {
    std::vector<std::string> sentences;
    const std::size_t of_models = slice ? max_quoted - 1 : max_quoted;
    const auto add = [&](const std::string& sentence) {
        if (sentences.size() < of_models && !sentence.empty()) sentences.push_back(sentence);
    };
    for (const Effect& effect : comparison.effects) {
        if (!effect.interaction()) add(effect_sentence(effect));
    }
    if (comparison.effects.empty()) {
        for (const PairSummary& pair : comparison.pairs) add(finding(comparison, pair));
    }
    add(reasoning_sentence(comparison));
    if (slice) sentences.push_back(slice_sentence(slice_findings(*slice)));
    return sentences;
}

std::string comparison_screen(const ComparisonReport& report, const std::string& energy_source) {
    const Comparison& comparison = report.comparison;
    const auto method = uniform_method(comparison);
    std::string text = question(comparison) + '\n';
    if (const std::string basis = basis_sentence(comparison); !basis.empty()) text += base::wrapped(basis);
    text += '\n' + screen_table(comparison);
    text += base::wrapped(fmt::format(
        "{}, with 95% intervals; tokens are those generated for an answer. {}{}",
        method ? fmt::format("Joules are {}", name(*method)) : "Joules: m measured, a apportioned, e estimated",
        energy_text(comparison, method == energy::Method::estimated ? "" : energy_source), capped_note(comparison)));
    text += base::wrapped(sessions_sentence(comparison));
    if (!comparison.effects.empty()) text += '\n' + effects_text(comparison.effects);
    if (report.slice) text += '\n' + slice_table(*report.slice);
    text += "\nTo quote:\n";
    for (const std::string& sentence : quotable(comparison, report.slice)) text += base::wrapped("- " + sentence);
    for (const std::string& sentence : caveats(comparison, report.run, report.machine_events)) {
        text += base::wrapped(sentence);
    }
    return base::without_trailing_blanks(text);
}

}  // namespace ergon::lab
