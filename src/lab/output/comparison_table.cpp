#include "lab/output/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "base/strings/wrapped.h"
#include "lab/figure_text.h"
#include "lab/findings/findings.h"

namespace ergon::lab {
namespace {

using energy::Figure;
using energy::kept_phase_count;

std::string pair_line(std::string_view what, const ConfidenceInterval& ratio, const std::string& part) {
    const std::string value = std::isfinite(ratio.value) ? fmt::format("{:.2f}", ratio.value) : "-";
    return fmt::format("  {:<34}{:>8}   {:<16} {:>6}\n", what, value, interval_text(ratio), part);
}

std::string prompts_text(std::int64_t prompts) {
    return fmt::format("on {} prompt{}", prompts, prompts == 1 ? "" : "s");
}

std::string pair_block(const Comparison& comparison, const PairSummary& pair) {
    std::string text = fmt::format("{} over {}\n", shown(comparison.contenders[pair.b].label),
                                   shown(comparison.contenders[pair.a].label));
    text += fmt::format("  {:<34}{:>8}   {:<16} {:>6}\n", prompts_text(pair.prompts), "ratio", "95% interval", "share");
    text += pair_line("joules per answer", pair.energy_ratio, "");
    text += pair_line("  from generated tokens", pair.from_tokens, share_text(pair.from_tokens, pair));
    text +=
        pair_line("  from joules per token", pair.from_joules_per_token, share_text(pair.from_joules_per_token, pair));
    text += pair_line("  from prompt processing", pair.from_prompts, share_text(pair.from_prompts, pair));
    text += pair_line("generated tokens", pair.tokens_ratio, "");
    text += pair_line("joules per generated token", pair.joules_per_token_ratio, "");
    text += pair_line("joules per word of answer", pair.joules_per_word_ratio, "");
    text += pair_line("joules, geometric mean of prompts", pair.geometric_mean_ratio, "");
    if (std::isfinite(pair.energy_ratio.value) && !pair.assumed) {
        text += fmt::format("  {:<34}{:>8}   {}\n", "p-value (permutation test)", p_value_text(pair.p_value, 3),
                            comparison.pairs.size() > 1
                                ? fmt::format("{} corrected for {} pairs", p_value_text(pair.corrected_p_value, 3),
                                              comparison.pairs.size())
                                : "");
    }
    return text;
}

std::string category_block(const PairSummary& pair) {
    if (pair.categories.empty()) return {};
    std::string text = fmt::format("  {:<28}{:>8} {:>8}   {:<16} {:>8} {:>16}\n", "by category", "prompts", "joules",
                                   "95% interval", "tokens", "joules per token");
    const auto value = [](const ConfidenceInterval& one) {
        return std::isfinite(one.value) ? fmt::format("{:.2f}", one.value) : std::string("-");
    };
    for (const auto& [category, ratios] : pair.categories) {
        text += fmt::format("    {:<26}{:>8} {:>8}   {:<16} {:>8} {:>16}\n", shown(category, 25), ratios.prompts,
                            value(ratios.energy_ratio), interval_text(ratios.energy_ratio), value(ratios.tokens_ratio),
                            value(ratios.joules_per_token_ratio));
    }
    return text;
}

/// 100 columns: what the figures need is taken from the labels.
std::string contender_lines(const Comparison& comparison, bool with_method) {
    const auto cells = [&](auto of) { return figure_cells(figure_column(comparison.contenders, of), with_method); };
    const std::vector<std::string> per_token = cells(&ContenderSummary::joules_per_token);
    const std::vector<std::string> per_answer = cells(&ContenderSummary::joules_per_answer);
    const int least = with_method ? 21 : 19;
    const int token_width = widest_of(per_token, least), answer_width = widest_of(per_answer, least);
    const int label_width = std::max(min_label_width, base::table_width - 37 - token_width - answer_width);
    const auto row = [&](const std::string& label, const std::string& answers,
                         const std::array<std::string, kept_phase_count>& tokens, const std::string& token_cell,
                         const std::string& answer_cell) {
        return fmt::format("{:<{}} {:>7} {:>8} {:>8} {:>8} {:>{}} {:>{}}\n", label, label_width, answers, tokens[0],
                           tokens[1], tokens[2], token_cell, token_width, answer_cell, answer_width);
    };
    std::string text = row("", "", {"prompt", "thinking", "answer"}, "", "");
    text += row("contender", "answers", {"tokens", "tokens", "tokens"}, "joules per token", "joules per answer");
    for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
        const ContenderSummary& one = comparison.contenders[i];
        text += row(shown(one.label, static_cast<std::size_t>(label_width)), count(one.answers),
                    {count(one.tokens[0]), count(one.tokens[1]), count(one.tokens[2])}, per_token[i], per_answer[i]);
    }
    return text;
}

/// Where an answer's joules go, phase by phase; a phase that nobody has is left out.
std::string phase_lines(const Comparison& comparison, bool with_method) {
    ShownFigures all;
    for (const ContenderSummary& one : comparison.contenders) {
        all.insert(all.end(), one.phase_joules_per_answer.begin(), one.phase_joules_per_answer.end());
    }
    const base::Scale scale = scale_of(all);
    std::string text;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        const bool used = std::ranges::any_of(comparison.contenders, [&](const ContenderSummary& one) {
            return one.in_one_piece == 0 && one.phase_joules[i].value > base::Joules(0);
        });
        if (!used) continue;
        text += fmt::format("joules per answer, {}:\n", phase_doing[i]);
        for (const ContenderSummary& one : comparison.contenders) {
            if (!one.phase_joules_per_answer[i]) continue;
            text += fmt::format("  {:<{}} {}\n", shown(one.label), label_width_in_text,
                                figure_cell(one.phase_joules_per_answer[i], with_method, scale));
        }
    }
    return text;
}

/// Right answers; with repeats a share of one may be right.
std::string digits_of_right(double right) {
    return right == std::floor(right) ? fmt::format("{:.0f}", right) : fmt::format("{:.1f}", right);
}

}  // namespace

std::optional<energy::Method> uniform_method(const Comparison& comparison) {
    std::optional<energy::Method> method;
    for (const ContenderSummary& contender : comparison.contenders) {
        for (const auto& figure : {contender.joules_per_token, contender.joules_per_answer}) {
            if (!figure) continue;
            if (method && *method != figure->method) return std::nullopt;
            method = figure->method;
        }
    }
    return method;
}

std::string accuracy_lines(const std::vector<ContenderSummary>& contenders) {
    std::vector<std::pair<std::string, const AnswerSummary*>> rows;
    for (const ContenderSummary& one : contenders) {
        if (!one.accuracy) continue;
        rows.emplace_back(one.label, &one);
        if (one.categories.size() < 2) continue;
        for (const auto& [category, of] : one.categories) {
            if (of.accuracy) rows.emplace_back("  " + category, &of);
        }
    }
    if (rows.empty()) return {};
    std::string text = fmt::format("{:<38} {:>12} {:>16}   {}\n", "right answers", "", "", "joules for each");
    const base::Scale scale =
        scale_of(figure_column(rows, [](const auto& row) { return row.second->joules_per_correct; }));
    for (const auto& [label, of] : rows) {
        const ConfidenceInterval& accuracy = *of->accuracy;
        text += fmt::format(
            "  {:<36} {:>12} {:>16}   {}\n", shown(label, 36),
            fmt::format("{} of {}", digits_of_right(of->right), of->graded),
            fmt::format("{:.0f}% ({:.0f}-{:.0f})", 100 * accuracy.value, 100 * accuracy.low, 100 * accuracy.high),
            figure_cell(of->joules_per_correct, false, scale));
    }
    return text;
}

std::string comparison_table(const Comparison& comparison, const std::string& energy_source) {
    const auto method = uniform_method(comparison);
    std::string text;
    if (const std::string basis = basis_sentence(comparison); !basis.empty()) text += base::wrapped(basis) + '\n';
    text += contender_lines(comparison, !method);
    text += '\n';
    text += phase_lines(comparison, !method);
    if (const std::string accuracy = accuracy_lines(comparison.contenders); !accuracy.empty()) text += '\n' + accuracy;
    text += '\n';
    text += base::wrapped(method ? fmt::format("All joules are {}, with 95% intervals. {}", name(*method),
                                               energy_text(comparison, energy_source))
                                 : fmt::format("Joules with 95% intervals: m measured, a apportioned, e estimated. {}",
                                               energy_text(comparison, energy_source)));
    text += base::wrapped(sessions_sentence(comparison));
    for (const ContenderSummary& contender : comparison.contenders) {
        if (contender.capped == 0) continue;
        text += base::wrapped(fmt::format("{}: {} of {} answers were cut off by a token limit.", shown(contender.label),
                                          contender.capped, contender.answers));
    }
    if (!comparison.effects.empty()) text += '\n' + effects_text(comparison.effects);
    bool left_out = false;
    for (const PairSummary& pair : comparison.pairs) {
        if (pair.factors_apart > 1) {
            left_out = true;
            continue;
        }
        text += '\n' + pair_block(comparison, pair) + category_block(pair) + '\n' +
                base::wrapped(finding(comparison, pair)) + base::wrapped(confounders_text(comparison, pair));
    }
    if (left_out) {
        text +=
            '\n' + base::wrapped("Pairs that differ in more than one factor are on the page (--html) and in --json.");
    }
    if (const std::string reasoning = reasoning_sentence(comparison); !reasoning.empty())
        text += base::wrapped(reasoning);
    return base::without_trailing_blanks(text);
}

std::string effects_text(std::span<const Effect> effects) {
    if (effects.empty()) return {};
    const bool graded = effects.front().accuracy.has_value();
    std::string text = fmt::format("{:<40} {:<22}{}\n", "effect of a factor (95% intervals)", "joules, ratio",
                                   graded ? fmt::format("{:<17}{:<20}", "right, points", "joules per right") : "");
    const auto ratio = [](const ConfidenceInterval& one) {
        // Where somebody was never right the ratio of joules per right answer is nothing or without end.
        const bool a_ratio = std::isfinite(one.value) && one.value > 0;
        return a_ratio ? fmt::format("{:.2f} ({})", one.value, interval_text(one)) : std::string("not known");
    };
    for (const Effect& one : effects) {
        text += fmt::format("{:<40} {:<22}", (one.interaction() ? "  " : "") + shown(effect_name(one), 38),
                            ratio(one.joules));
        if (one.accuracy && one.joules_per_correct) {
            const ConfidenceInterval& points = *one.accuracy;
            const std::string interval = known(points)
                                             ? fmt::format(" ({:+.0f} to {:+.0f})", 100 * points.low, 100 * points.high)
                                             : std::string();
            text += fmt::format("{:<17}{:<20}", fmt::format("{:+.0f}{}", 100 * points.value, interval),
                                ratio(*one.joules_per_correct));
        }
        text += '\n';
    }
    return base::without_trailing_blanks(text);
}

}  // namespace ergon::lab
