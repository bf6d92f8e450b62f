#include "lab/output/comparison_page_tables.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "lab/figure_text.h"
#include "lab/findings/published_figures.h"
#include "report/page_units.h"

namespace ergon::lab {
namespace {

using report::Align;
using report::Amount;
using report::Cell;

constexpr int p_decimals = 4;

const base::Unit operations{"op", base::Prefixes::all};

Cell cell_of(const std::optional<energy::Figure>& figure) {
    return figure ? Cell(*figure) : Cell();
}

Cell ratio_cell(const ConfidenceInterval& estimate) {
    if (!std::isfinite(estimate.value) || !(estimate.value > 0)) return std::monostate();
    return energy::Ratio{estimate.value, estimate.low, estimate.high};
}

Cell share_cell(const ConfidenceInterval& share) {
    return fmt::format("{:.0f} % [{:.0f}, {:.0f}]", 100 * share.value, 100 * share.low, 100 * share.high);
}

double sum(const auto& values) {
    double all = 0;
    for (const double value : values) all += value;
    return all;
}

}  // namespace

report::Table contender_table(const Comparison& comparison) {
    report::Table table;
    table.caption = "Energy and tokens by contender";
    // What matters first: a narrow screen shows the beginning.
    table.columns = {{"contender", Align::left},
                     {"energy per answer", Align::right},
                     {"energy per token", Align::right},
                     {"per answer, these prompts only", Align::right},
                     {"per token, these only", Align::right},
                     {"answers", Align::right},
                     {"cut off", Align::right},
                     {"prompt tokens", Align::right},
                     {"thinking tokens", Align::right},
                     {"answer tokens", Align::right}};
    for (const ContenderSummary& one : comparison.contenders) {
        table.rows.push_back({one.label, cell_of(one.joules_per_answer), cell_of(one.joules_per_token),
                              cell_of(one.of_these.joules_per_answer), cell_of(one.of_these.joules_per_token),
                              one.answers, one.capped, one.tokens[0], one.tokens[1], one.tokens[2]});
    }
    return table;
}

report::Table pair_table(const Comparison& comparison, const PairSummary& pair) {
    report::Table table;
    table.caption = fmt::format("{} over {}, on {} prompts", comparison.contenders[pair.b].label,
                                comparison.contenders[pair.a].label, pair.prompts);
    table.columns = {{"", Align::left}, {"ratio", Align::right}};
    const auto row = [&](const char* what, const ConfidenceInterval& ratio) {
        table.rows.push_back({what, ratio_cell(ratio)});
    };
    row("energy per answer", pair.energy_ratio);
    row("generated tokens", pair.tokens_ratio);
    row("energy per generated token", pair.joules_per_token_ratio);
    row("energy per word of answer", pair.joules_per_word_ratio);
    row("energy per character of answer", pair.joules_per_character_ratio);
    row("energy, geometric mean over the prompts", pair.geometric_mean_ratio);
    if (pair.uncapped.prompts > 0) row("energy, prompts without a cut-off answer", pair.uncapped.energy_ratio);
    table.rows.push_back({"p-value (permutation test)", p_value_text(pair.p_value, p_decimals)});
    if (comparison.pairs.size() > 1) {
        table.rows.push_back({fmt::format("p-value, corrected for {} pairs (Holm)", comparison.pairs.size()),
                              p_value_text(pair.corrected_p_value, p_decimals)});
    }
    return table;
}

report::Table category_table(const Comparison& comparison, const PairSummary& pair) {
    report::Table table;
    table.caption = fmt::format("By kind of task: {} over {}", comparison.contenders[pair.b].label,
                                comparison.contenders[pair.a].label);
    table.columns = {{"kind", Align::left},
                     {"prompts", Align::right},
                     {"energy", Align::right},
                     {"generated tokens", Align::right},
                     {"energy per token", Align::right},
                     {"p-value, corrected", Align::right}};
    for (const auto& [category, ratios] : pair.categories) {
        table.rows.push_back({category, ratios.prompts, ratio_cell(ratios.energy_ratio),
                              ratio_cell(ratios.tokens_ratio), ratio_cell(ratios.joules_per_token_ratio),
                              p_value_text(ratios.corrected_p_value, p_decimals)});
    }
    return table;
}

report::Table accuracy_table(const Comparison& comparison) {
    report::Table table;
    table.caption = "Right answers";
    table.columns = {{"contender", Align::left},
                     {"kind", Align::left},
                     {"right", Align::right},
                     {"of", Align::right},
                     {"share", Align::right},
                     {"energy per right answer", Align::right},
                     {"these prompts only", Align::right}};
    const auto row = [&](const std::string& label, const std::string& kind, const AnswerSummary& of) {
        if (!of.accuracy) return;
        table.rows.push_back({label, kind, fmt::format("{:.{}f}", of.right, of.right == std::floor(of.right) ? 0 : 1),
                              of.graded, share_cell(*of.accuracy), cell_of(of.joules_per_correct),
                              cell_of(of.of_these.joules_per_correct)});
    };
    for (const ContenderSummary& one : comparison.contenders) {
        row(one.label, "all", one);
        if (one.categories.size() < 2) continue;
        for (const auto& [category, of] : one.categories) row(one.label, category, of);
    }
    return table;
}

report::Table uncertainty_table(const Comparison& comparison) {
    std::vector<std::pair<std::string, std::array<double, uncertainty_count>>> figures;
    for (const ContenderSummary& one : comparison.contenders) {
        figures.emplace_back(one.label + ", energy per answer", one.joules_per_answer_shares);
        figures.emplace_back(one.label + ", energy per token", one.joules_per_token_shares);
    }
    for (const PairSummary& pair : comparison.pairs) {
        const std::string who =
            fmt::format("{} over {}", comparison.contenders[pair.b].label, comparison.contenders[pair.a].label);
        figures.emplace_back(who + ", energy per answer", pair.energy_ratio.shares);
        figures.emplace_back(who + ", energy per token", pair.joules_per_token_ratio.shares);
        figures.emplace_back(who + ", generated tokens", pair.tokens_ratio.shares);
    }
    for (const Effect& one : comparison.effects) figures.emplace_back(effect_name(one) + ", energy", one.joules.shares);
    report::Table table;
    table.caption = "Sources of uncertainty, as shares of the variance";
    table.columns = {{"figure or ratio", Align::left}};
    std::vector<std::size_t> sources;
    for (std::size_t i = 0; i < uncertainty_count; ++i) {
        if (std::ranges::none_of(figures, [i](const auto& one) { return one.second[i] > 0; })) continue;
        sources.push_back(i);
        table.columns.push_back({std::string(uncertainty_names[i]), Align::right});
    }
    for (const auto& [what, shares] : figures) {
        if (std::ranges::none_of(shares, [](double share) { return share > 0; })) continue;
        std::vector<Cell>& row = table.rows.emplace_back(std::vector<Cell>{what});
        for (const std::size_t i : sources) row.emplace_back(fmt::format("{:.1f} %", 100 * shares[i]));
    }
    return table;
}

report::Table effects_table(const Comparison& comparison) {
    report::Table table;
    table.caption = "Effect of each factor, and of two together beyond their separate effects";
    table.columns = {{"effect", Align::left},
                     {"energy", Align::right},
                     {"right answers, points", Align::right},
                     {"energy per right answer", Align::right},
                     {"p-value, corrected: energy", Align::right},
                     {"right answers", Align::right},
                     {"energy per right answer", Align::right}};
    const auto p_cell = [](bool there, double p) { return there ? Cell(p_value_text(p, p_decimals)) : Cell(); };
    for (const Effect& one : comparison.effects) {
        Cell points;
        if (one.accuracy) {
            points = known(*one.accuracy) ? fmt::format("{:+.0f} [{:+.0f}, {:+.0f}]", 100 * one.accuracy->value,
                                                        100 * one.accuracy->low, 100 * one.accuracy->high)
                                          : fmt::format("{:+.0f}", 100 * one.accuracy->value);
        }
        table.rows.push_back({effect_name(one), ratio_cell(one.joules), points,
                              one.joules_per_correct ? ratio_cell(*one.joules_per_correct) : Cell(),
                              p_cell(true, one.joules_p_value), p_cell(one.accuracy.has_value(), one.accuracy_p_value),
                              p_cell(one.joules_per_correct.has_value(), one.joules_per_correct_p_value)});
    }
    return table;
}

report::Table measures_table(const Comparison& comparison) {
    report::Table table;
    table.caption = "Counted work, per answer";
    table.columns = {{"contender", Align::left},         {"time", Align::right},
                     {"processor time", Align::right},   {"other programs", Align::right},
                     {"bytes of weights", Align::right}, {"bytes of cache", Align::right},
                     {"operations", Align::right}};
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.answers == 0) continue;
        const auto count = static_cast<double>(one.answers);
        const AnswerMeasures& measures = one.measures;
        const auto amount = [&](double value, const base::Unit& unit) {
            return value > 0 ? Cell(Amount{value / count, unit}) : Cell();
        };
        table.rows.push_back(
            {one.label, amount(one.seconds.value(), report::second_unit),
             amount(measures.processor.value(), report::second_unit),
             amount(measures.others.value(), report::second_unit),
             amount(measures.bytes[static_cast<std::size_t>(energy::Source::weights)], report::byte_unit),
             amount(measures.bytes[static_cast<std::size_t>(energy::Source::cache)], report::byte_unit),
             amount(sum(measures.operations), operations)});
    }
    return table;
}

report::Table everyday_table(const Comparison& comparison, const energy::References& references) {
    report::Table table;
    const energy::Reference* const video = energy::find_everyday(streamed_video, references);
    table.caption = "Energy in everyday terms";
    table.columns = {{"contender", Align::left}, {"per answer", Align::right}, {"per 1,000 words", Align::right}};
    if (video != nullptr) table.columns.push_back({"1,000 words as streamed video", Align::right});
    constexpr double reference_seconds = 600;
    for (const ContenderSummary& one : comparison.contenders) {
        std::vector<Cell>& row = table.rows.emplace_back(
            std::vector<Cell>{one.label, cell_of(one.joules_per_answer), cell_of(one.joules_per_1000_words)});
        if (video == nullptr) continue;
        row.push_back(one.joules_per_1000_words
                          ? Cell(Amount{reference_seconds * (one.joules_per_1000_words->value / video->joules),
                                        report::second_unit})
                          : Cell());
    }
    return table;
}

report::Table published_table(const Comparison& comparison, const energy::References& references) {
    report::Table table;
    table.caption = "Published figures nearest in kind of task, coverage and batch size";
    table.columns = {{"model", Align::left},      {"task", Align::left},   {"hardware", Align::left},
                     {"covers", Align::left},     {"batch", Align::right}, {"energy per token", Align::right},
                     {"differs in", Align::left}, {"source", Align::left}};
    for (const energy::AlikeFigure& alike : published_alike(comparison, references)) {
        const energy::PublishedFigure& one = alike.figure;
        const std::string source = energy::cited(one.source);
        table.rows.push_back({one.model, one.task, one.hardware.empty() ? Cell() : Cell(one.hardware),
                              std::string(energy::words(one.covers)), one.batch ? Cell(*one.batch) : Cell(),
                              Amount{one.per_token->value(), report::joules},
                              alike.differs.empty() ? Cell() : Cell(alike.differs),
                              one.source.url.empty() ? Cell(source) : Cell(report::Link{source, one.source.url})});
    }
    return table;
}

}  // namespace ergon::lab
