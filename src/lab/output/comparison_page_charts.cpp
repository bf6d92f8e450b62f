#include "lab/output/comparison_page_charts.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

#include "lab/findings/findings.h"
#include "report/page_units.h"

namespace ergon::lab {
namespace {

using energy::kept_phase_count;

report::Range range_of(const ConfidenceInterval& estimate) {
    return {estimate.low, estimate.high};
}

std::optional<energy::Method> method_of(const ContenderSummary& one) {
    return one.joules_per_answer ? std::optional(one.joules_per_answer->method) : std::nullopt;
}

/// Bars for contenders, of which there are none yet.
report::BarChart bars_of_contenders(const char* title, const char* description, const char* quantity,
                                    const base::Unit& unit) {
    report::BarChart chart;
    chart.title = title;
    chart.description = description;
    chart.quantity = quantity;
    chart.unit = unit;
    chart.bars_are = "contender";
    return chart;
}

}  // namespace

report::PairedDots joules_by_prompt(const Comparison& comparison) {
    report::PairedDots chart;
    chart.title = "Energy by prompt";
    chart.description = "Energy of an answer to each prompt, one dot per contender; the most expensive prompts first.";
    chart.quantity = "energy per answer";
    chart.unit = report::joules;
    chart.rows_are = "prompt";
    for (const ContenderSummary& one : comparison.contenders) chart.contenders.push_back({one.label, method_of(one)});
    for (const PromptSummary& prompt : comparison.prompts) {
        report::DotRow& row = chart.rows.emplace_back(report::DotRow{prompt.id, {}});
        for (const std::optional<double>& joules : prompt.joules) {
            row.dots.push_back({joules.value_or(std::nan("")), {}});
        }
    }
    const auto most = [](const report::DotRow& row) {
        double largest = 0;
        for (const report::Dot& dot : row.dots)
            largest = std::isnan(dot.value) ? largest : std::max(largest, dot.value);
        return -largest;
    };
    std::ranges::stable_sort(chart.rows, {}, most);
    return chart;
}

report::BarChart tokens_by_phase(const Comparison& comparison) {
    report::BarChart chart =
        bars_of_contenders("Tokens per answer", "Prompt, thinking and answer tokens, averaged over the answers.",
                           "tokens per answer", report::token_unit);
    chart.parts = {"prompt", "thinking", "answer"};
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.answers == 0) continue;
        report::Bar& bar = chart.bars.emplace_back(report::Bar{one.label, {}, {}, {}});
        for (const std::int64_t count : one.tokens) {
            bar.parts.push_back(static_cast<double>(count) / static_cast<double>(one.answers));
        }
    }
    return chart;
}

report::BarChart joules_by_phase(const Comparison& comparison) {
    report::BarChart chart =
        bars_of_contenders("Energy per answer by phase",
                           "Prompt processing, thinking and answering, averaged over the answers; idle power included.",
                           "energy per answer", report::joules);
    chart.parts.assign(phase_doing.begin(), phase_doing.end());
    for (const ContenderSummary& one : comparison.contenders) {
        if (!one.joules_per_answer || one.in_one_piece > 0) continue;
        report::Bar& bar = chart.bars.emplace_back(report::bar_of(one.label, *one.joules_per_answer));
        bar.parts.clear();
        for (const energy::Figure& phase : one.phase_joules) {
            bar.parts.push_back(phase.value.value() / static_cast<double>(one.answers));
        }
    }
    return chart;
}

report::BarChart joules_by_component(const Comparison& comparison) {
    report::BarChart chart = bars_of_contenders(
        "Energy per answer by component", "Energy above idle by component of the model, averaged over the answers.",
        "energy above idle per answer", report::joules);
    std::map<std::string, double> sums;
    for (const ContenderSummary& one : comparison.contenders) {
        for (const auto& [component, joules] : one.measures.components) sums[component] += joules;
    }
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [component, joules] : sums) order.emplace_back(-joules, component);
    std::ranges::sort(order);
    // Eight colours: the smallest parts share the last.
    constexpr std::size_t max_parts = 8;
    for (const auto& [joules, component] : order) {
        if (chart.parts.size() + 1 < max_parts || order.size() <= max_parts) chart.parts.push_back(component);
    }
    const bool rest = order.size() > chart.parts.size();
    const std::vector<std::string> named = chart.parts;
    if (rest) chart.parts.emplace_back("all other components");
    for (const ContenderSummary& one : comparison.contenders) {
        if (one.measures.components.empty()) continue;
        report::Bar& bar = chart.bars.emplace_back(report::Bar{one.label, {}, {}, method_of(one)});
        double left = 0;
        for (const auto& [component, joules] : one.measures.components) left += joules;
        for (const std::string& component : named) {
            const auto found = one.measures.components.find(component);
            const double joules = found == one.measures.components.end() ? 0 : found->second;
            left -= joules;
            bar.parts.push_back(joules / static_cast<double>(one.answers));
        }
        if (rest) bar.parts.push_back(std::max(0.0, left) / static_cast<double>(one.answers));
    }
    return chart;
}

report::Scatter accuracy_against_joules(const Comparison& comparison) {
    report::Scatter chart;
    chart.title = "Accuracy against energy";
    chart.description = "Share of right answers against joules per answer. Up and to the left is better.";
    chart.points_are = "contender";
    chart.x_quantity = "energy per answer";
    chart.x_unit = report::joules;
    chart.y_quantity = "right answers";
    chart.y_unit = {"%", base::Prefixes::none};
    chart.with_front = true;
    for (const ContenderSummary& one : comparison.contenders) {
        if (!one.accuracy || !one.joules_per_answer) continue;
        const energy::Figure& joules = *one.joules_per_answer;
        chart.points.push_back({one.label, joules.value.value(), 100 * one.accuracy->value,
                                report::Range{joules.low.value(), joules.high.value()},
                                report::Range{100 * one.accuracy->low, 100 * one.accuracy->high}, joules.method});
    }
    return chart;
}

report::Waterfall decomposition(const Comparison& comparison, const PairSummary& pair) {
    const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
    report::Waterfall chart;
    chart.title = fmt::format("From {} to {}", a.label, b.label);
    chart.description =
        "The ratio of their joules as factors that multiply exactly: in each phase the change in tokens and in joules "
        "per "
        "token (logarithmic mean Divisia decomposition).";
    chart.quantity = "energy per answer";
    chart.unit = report::joules;
    chart.steps_are = "step";
    chart.start_label = a.label;
    chart.end_label = b.label;
    chart.start = a.joules_per_answer ? a.joules_per_answer->value.value() : std::nan("");
    chart.method = method_of(a) == method_of(b) ? method_of(a) : std::nullopt;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        for (std::size_t k = 0; k < 2; ++k) {
            const ConfidenceInterval& term = pair.terms[i][k];
            if (term.value == 0 && term.low == 0 && term.high == 0) continue;
            chart.factors.push_back({fmt::format("{}: {}", phase_doing[i], k == 0 ? "tokens" : "joules per token"),
                                     term.value, known(term) ? std::optional(range_of(term)) : std::nullopt});
        }
    }
    return chart;
}

}  // namespace ergon::lab
