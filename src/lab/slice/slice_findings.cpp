#include "lab/slice/slice_findings.h"

#include <cmath>
#include <fmt/format.h>
#include <span>

#include "base/distributions.h"
#include "base/strings/wrapped.h"
#include "lab/figure_text.h"

namespace ergon::lab {
namespace {

using energy::Figure;
using nlohmann::ordered_json;

constexpr std::array<const char*, slice_shapes> layer_names{
    "64 experts, 6 active, and 2 shared", "dense, same active parameters", "dense, same total parameters"};

double mean_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

/// Half of Student's 95% interval of a mean; infinite for one value.
double half_interval(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    if (values.size() < 2) return std::numeric_limits<double>::infinity();
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return base::student_reach(0.95, n - 1) * std::sqrt(squares / (n - 1) / n);
}

/// The geometric mean of ratios whose logarithms these are; `unknown` is the standard deviation of what all rounds
/// share.
ConfidenceInterval rounds_ratio(std::span<const double> logs, double unknown) {
    const double mean = mean_of(logs), half = std::hypot(half_interval(logs), energy::end_of_95_percent * unknown);
    return {std::exp(mean), std::exp(mean - half), std::exp(mean + half)};
}

/// The mean of the rounds. Its interval is theirs, and that of the instrument, which all rounds share.
Figure mean_figure(const SliceCell& cell) {
    Figure sum;
    std::vector<double> values;
    for (const Figure& one : cell.joules_per_token) {
        sum += one;
        values.push_back(one.value.value());
    }
    Figure mean = sum / static_cast<double>(values.size());
    const double half = half_interval(values), value = mean.value.value();
    mean.low = base::Joules(std::max(0.0, value - std::hypot(half, value - mean.low.value())));
    mean.high = base::Joules(value + std::hypot(half, mean.high.value() - value));
    return mean;
}

std::vector<double> logs_of(const LayerSlice& slice, SliceShape against, std::int64_t batch) {
    const SliceCell &sparse = slice.cell(SliceShape::sparse, batch), &dense = slice.cell(against, batch);
    std::vector<double> logs;
    for (std::size_t i = 0; i < sparse.joules_per_token.size(); ++i) {
        logs.push_back(std::log(sparse.joules_per_token[i].value.value() / dense.joules_per_token[i].value.value()));
    }
    return logs;
}

SliceRatio ratio_over(const LayerSlice& slice, SliceShape against) {
    SliceRatio ratio;
    const double unknown = slice.kind_of_work_sd;
    for (std::size_t i = 0; i < slice_batches.size(); ++i) {
        ratio.at[i] = rounds_ratio(logs_of(slice, against, slice_batches[i]), unknown * std::sqrt(2.0));
    }
    std::vector<double> change = logs_of(slice, against, slice_batches.back());
    const std::vector<double> first = logs_of(slice, against, slice_batches.front());
    for (std::size_t i = 0; i < change.size(); ++i) change[i] -= first[i];
    ratio.change = rounds_ratio(change, unknown * 2);
    return ratio;
}

std::string with_interval(const ConfidenceInterval& ratio) {
    return fmt::format("{:.2f} ({})", ratio.value, interval_text(ratio));
}

/// "0.18 times the joules (0.16 to 0.20) at batch 1 and 0.82 times (0.74 to 0.91) at batch 16"
std::string at_batches(const SliceRatio& ratio) {
    const ConfidenceInterval &first = ratio.at.front(), &last = ratio.at.back();
    return fmt::format("{:.2f} times the joules ({}) at batch {} and {:.2f} times ({}) at batch {}", first.value,
                       interval_text(first), slice_batches.front(), last.value, interval_text(last),
                       slice_batches.back());
}

/// How the ratio over its own total changes with the batch, in words that its interval allows.
std::string change_sentence(const SliceRatio& ratio) {
    const std::string amount = fmt::format("{:.2f} times ({})", ratio.change.value, interval_text(ratio.change));
    if (!excludes_one(ratio.change)) {
        return fmt::format(" No change of this ratio from batch {} to {} is shown: {}.", slice_batches.front(),
                           slice_batches.back(), amount);
    }
    const bool saves = known(ratio.at[0]) && ratio.at[0].high < 1;
    if (ratio.change.low > 1) {
        return fmt::format(" From batch {} to {} the ratio over the same total grows to {} what it was{}.",
                           slice_batches.front(), slice_batches.back(), amount, saves ? ": the advantage shrinks" : "");
    }
    return fmt::format(" From batch {} to {} the ratio over the same total falls to {} what it was{}.",
                       slice_batches.front(), slice_batches.back(), amount, saves ? ": the advantage grows" : "");
}

}  // namespace

SliceFindings slice_findings(const LayerSlice& slice) {
    SliceFindings found;
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        for (std::size_t i = 0; i < slice_batches.size(); ++i) {
            const SliceCell& cell = slice.cell(static_cast<SliceShape>(shape), slice_batches[i]);
            found.joules_per_token[shape][i] = mean_figure(cell);
            found.tokens_per_second[shape][i] = 1 / mean_of(cell.seconds_per_token);
        }
    }
    found.over_total = ratio_over(slice, SliceShape::total);
    found.over_active = ratio_over(slice, SliceShape::active);
    return found;
}

std::string slice_sentence(const SliceFindings& found) {
    const ConfidenceInterval &total = found.over_total.at[0], &active = found.over_active.at[0];
    const bool buys = known(total) && total.high < 1 && known(active) && !(active.high < 1);
    return fmt::format(
        "{}er generated token, a layer with 64 experts (6 active, and 2 shared) takes, compared with a dense layer of "
        "the "
        "same total size, {}; compared with one of the same active size, {}.{}",
        buys ? "Sparse experts add capacity, not free tokens: p" : "P", at_batches(found.over_total),
        at_batches(found.over_active), change_sentence(found.over_total));
}

std::string slice_table(const LayerSlice& slice) {
    const SliceFindings found = slice_findings(slice);
    std::string text =
        fmt::format("{:<48}{:<26}{}\n", "one layer of DeepSeek-V2-Lite's shape, live",
                    fmt::format("batch {}", slice_batches[0]), fmt::format("batch {}", slice_batches[1]));
    const energy::Method method = found.joules_per_token[0][0].method;
    std::array<base::Scale, slice_batches.size()> scales;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        scales[i] = scale_of(figure_column(found.joules_per_token, [i](const auto& of) { return of[i]; }));
    }
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        const auto& of = found.joules_per_token[shape];
        text += fmt::format("  {:<46}{:<26}{}\n", layer_names[shape], figure_cell(of[0], false, scales[0]),
                            figure_cell(of[1], false, scales[1]));
    }
    for (const auto& [what, ratio] : {std::pair{"experts over dense of the same total", found.over_total},
                                      {"experts over dense of the same active", found.over_active}}) {
        text += fmt::format("  {:<46}{:<26}{}\n", what, with_interval(ratio.at[0]), with_interval(ratio.at[1]));
    }
    text += fmt::format("  joules per token, {}, {} rounds; random weights in Q4_0, {} threads\n", energy::name(method),
                        slice.cells[0].joules_per_token.size(), slice.threads);
    return text;
}

std::string slice_text(const LayerSlice& slice) {
    return slice_table(slice) + base::wrapped(slice_sentence(slice_findings(slice)));
}

std::vector<report::Block> slice_blocks(const LayerSlice& slice) {
    const SliceFindings found = slice_findings(slice);
    report::Table table;
    table.caption = "One layer of DeepSeek-V2-Lite's shape, measured with this run";
    table.columns = {{"feed-forward layer", report::Align::left},
                     {"weights", report::Align::right},
                     {"for a token", report::Align::right}};
    for (const std::int64_t batch : slice_batches) {
        table.columns.push_back({fmt::format("joules per token, batch {}", batch), report::Align::right});
        table.columns.push_back({fmt::format("tokens a second, batch {}", batch), report::Align::right});
    }
    const base::Unit plain{"", base::Prefixes::all}, rate{"tokens/s", base::Prefixes::none};
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        const model::ParameterCount count = model::count_parameters(slice_config(static_cast<SliceShape>(shape)));
        std::vector<report::Cell> row{std::string(layer_names[shape]),
                                      report::Amount{static_cast<double>(count.total), plain},
                                      report::Amount{static_cast<double>(count.active), plain}};
        for (std::size_t i = 0; i < slice_batches.size(); ++i) {
            row.emplace_back(found.joules_per_token[shape][i]);
            row.emplace_back(report::Amount{found.tokens_per_second[shape][i], rate});
        }
        table.rows.push_back(std::move(row));
    }
    return {
        report::Paragraph{slice_sentence(found)}, std::move(table),
        report::Note{fmt::format(
            "Random weights in Q4_0, so that tokens are routed nearly evenly; attention is the same in all three; {} "
            "rounds in which the three take turns, {} threads. Ratios are geometric means over the rounds, with "
            "Student's interval{}. A batch is so many sequences that generate a token in one step.",
            slice.cells[0].joules_per_token.size(), slice.threads,
            slice.kind_of_work_sd > 0
                ? fmt::format(", widened by {:.0f}% (standard deviation) for the watts of each layer at each batch, "
                              "since joules are estimated from busy time and kinds of work differ in watts",
                              100 * slice.kind_of_work_sd)
                : std::string())}};
}

ordered_json slice_json(const LayerSlice& slice) {
    const SliceFindings found = slice_findings(slice);
    const auto estimate = [](const ConfidenceInterval& one) {
        return ordered_json{{"value", one.value}, {"low", one.low}, {"high", one.high}};
    };
    const auto ratio = [&](const SliceRatio& one) {
        ordered_json json = ordered_json::object();
        for (std::size_t i = 0; i < slice_batches.size(); ++i) {
            json[fmt::format("batch_{}", slice_batches[i])] = estimate(one.at[i]);
        }
        json["change"] = estimate(one.change);
        return json;
    };
    ordered_json layers = ordered_json::array();
    for (std::size_t shape = 0; shape < slice_shapes; ++shape) {
        const model::ParameterCount count = model::count_parameters(slice_config(static_cast<SliceShape>(shape)));
        ordered_json layer{{"layer", layer_names[shape]}, {"weights", count.total}, {"for_a_token", count.active}};
        for (std::size_t i = 0; i < slice_batches.size(); ++i) {
            layer[fmt::format("batch_{}", slice_batches[i])] = {
                {"joules_per_token", found.joules_per_token[shape][i]},
                {"tokens_per_second", found.tokens_per_second[shape][i]}};
        }
        layers.push_back(std::move(layer));
    }
    ordered_json json{{"layers", std::move(layers)},
                      {"sparse_over_total", ratio(found.over_total)},
                      {"sparse_over_active", ratio(found.over_active)},
                      {"sentence", slice_sentence(found)}};
    json.update(slice_rounds_json(slice));
    return json;
}

}  // namespace ergon::lab
