#include "lab/comparison_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ergon::lab {
namespace {

std::vector<std::string> cells(const std::optional<energy::Figure>& figure) {
    if (!figure) return {"", "", ""};
    return {fmt::format("{}", figure->value.value()), fmt::format("{}", figure->low.value()),
            fmt::format("{}", figure->high.value())};
}

std::vector<std::string> cells(const std::optional<Estimate>& estimate) {
    if (!estimate) return {"", "", ""};
    const auto number = [](double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); };
    return {number(estimate->value), number(estimate->low), number(estimate->high)};
}

std::string row(const std::string& label, const std::string& task, const AnswerSummary& of) {
    std::vector<std::string> all{base::csv_cell(label),
                                 base::csv_cell(task),
                                 std::to_string(of.answers),
                                 std::to_string(of.capped),
                                 std::to_string(of.tokens[0]),
                                 std::to_string(of.tokens[1]),
                                 std::to_string(of.tokens[2]),
                                 fmt::format("{}", of.seconds.value()),
                                 of.joules_per_answer ? std::string(energy::name(of.joules.method)) : ""};
    const auto append = [&](const std::vector<std::string>& more) { all.insert(all.end(), more.begin(), more.end()); };
    append(cells(of.joules_per_answer));
    append(cells(of.joules_per_token));
    all.push_back(std::to_string(of.graded));
    append(cells(of.accuracy));
    append(cells(of.joules_per_correct));
    return fmt::format("{}\r\n", fmt::join(all, ","));
}

}  // namespace

std::string comparison_csv(const Comparison& comparison) {
    std::string text =
        "contender,task,answers,capped,prompt_tokens,thinking_tokens,answer_tokens,seconds,method,joules_per_answer,"
        "joules_per_answer_low,joules_per_answer_high,joules_per_token,joules_per_token_low,joules_per_token_high,"
        "graded,"
        "accuracy,accuracy_low,accuracy_high,joules_per_correct,joules_per_correct_low,joules_per_correct_high\r\n";
    for (const ContenderSummary& one : comparison.contenders) {
        text += row(one.label, "all", one);
        for (const auto& [category, of] : one.categories) text += row(one.label, category, of);
    }
    return text;
}

}  // namespace ergon::lab
