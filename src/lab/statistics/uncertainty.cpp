#include "lab/statistics/uncertainty.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/distributions.h"

namespace ergon::lab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double confidence = 0.95;
// Quantiles of so many draws are known to 3% of the reach, standard error.
constexpr std::size_t draws_of_a_source = 1000;
constexpr std::array drawn_sources{Uncertainty::counter, Uncertainty::splitting, Uncertainty::machine,
                                   Uncertainty::kind_of_work, Uncertainty::assumption};

/// How far an interval reaches from its value.
struct Sides {
    double below = 0;
    double above = 0;
};
/// By statistic, then by source.
using Reaches = std::vector<std::array<Sides, uncertainty_count>>;

double on(Scale scale, double value) {
    return scale == Scale::ratio ? std::log(value) : value;
}
double from(Scale scale, double value) {
    return scale == Scale::ratio ? std::exp(value) : value;
}

/// Infinite where there is no interval.
Sides sides_of(const ConfidenceInterval& estimate, Scale scale) {
    if (!known(estimate)) return {infinity, infinity};
    if (estimate.low == estimate.high) return {};
    return {on(scale, estimate.value) - on(scale, estimate.low), on(scale, estimate.high) - on(scale, estimate.value)};
}

std::vector<double> evaluate(const Sample& sample, const DrawnStatistics& statistics, const Sums& sums,
                             std::size_t count) {
    const std::vector<MachineDraw> none(sample.contenders.size());
    std::vector<double> values(count);
    statistics(sums, none, values);
    return values;
}

Sums sums_of(std::span<const double> columns, const Sample& sample) {
    return {columns, static_cast<double>(sample.rows.size())};
}

/// Returns what the prompts alone leave uncertain.
std::vector<ConfidenceInterval> add_prompts(const Sample& sample, std::span<const Scale> scales,
                                            const DrawnStatistics& statistics, Reaches& reaches) {
    const std::vector<MachineDraw> none(sample.contenders.size());
    std::vector<ConfidenceInterval> estimates = jackknife(
        sample.rows, scales, [&](const Sums& sums, std::span<double> out) { statistics(sums, none, out); }, confidence);
    for (std::size_t i = 0; i < scales.size(); ++i) {
        reaches[i][static_cast<std::size_t>(Uncertainty::prompts)] = sides_of(estimates[i], scales[i]);
    }
    return estimates;
}

void add_sessions(const Sample& sample, std::span<const Scale> scales, const DrawnStatistics& statistics,
                  Reaches& reaches) {
    const std::size_t sessions = sample.sessions.size();
    if (sessions < 2) return;
    std::vector<std::vector<double>> values;
    for (const std::vector<double>& columns : sample.sessions) {
        values.push_back(evaluate(sample, statistics, sums_of(columns, sample), scales.size()));
    }
    const double reach_of_t = base::student_reach(confidence, static_cast<double>(sessions - 1));
    const auto count = static_cast<double>(sessions);
    for (std::size_t i = 0; i < scales.size(); ++i) {
        double mean = 0, squares = 0;
        for (const auto& one : values) mean += on(scales[i], one[i]) / count;
        for (const auto& one : values) squares += std::pow(on(scales[i], one[i]) - mean, 2);
        const double reach = reach_of_t * std::sqrt(squares / (count - 1) / count);
        reaches[i][static_cast<std::size_t>(Uncertainty::sessions)] = {reach, reach};
    }
}

void add_draws(Uncertainty source, const Sample& sample, std::span<const double> totals, std::span<const Scale> scales,
               const DrawnStatistics& statistics, const MachineErrors& errors, std::uint64_t seed,
               std::span<const ConfidenceInterval> values, Reaches& reaches) {
    if (!errors.matters(source)) return;
    std::vector<std::vector<double>> drawn(scales.size(), std::vector<double>(draws_of_a_source));
    std::vector<MachineDraw> draws(sample.contenders.size());
    std::vector<double> one(scales.size());
    for (std::size_t replicate = 0; replicate < draws_of_a_source; ++replicate) {
        for (std::size_t i = 0; i < draws.size(); ++i) {
            draws[i] = errors.draw(source, sample.contenders[i], replicate, seed);
        }
        statistics(sums_of(totals, sample), draws, one);
        for (std::size_t i = 0; i < scales.size(); ++i) drawn[i][replicate] = on(scales[i], one[i]);
    }
    const double tail = (1 - confidence) / 2;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        const double value = on(scales[i], values[i].value);
        Sides& reach = reaches[i][static_cast<std::size_t>(source)];
        if (std::ranges::any_of(drawn[i], [](double x) { return std::isnan(x); })) {
            reach = {infinity, infinity};
            continue;
        }
        std::ranges::sort(drawn[i]);
        reach.below = std::max(0.0, value - base::quantile(drawn[i], tail));
        reach.above = std::max(0.0, base::quantile(drawn[i], 1 - tail) - value);
    }
}

/// Independent reaches in quadrature. `first`: without the sources before it.
ConfidenceInterval combined(const ConfidenceInterval& of_prompts, Scale scale,
                            const std::array<Sides, uncertainty_count>& reaches, std::size_t first) {
    const double value = of_prompts.value;
    std::array<double, uncertainty_count> variances{};
    double below = 0, above = 0;
    for (std::size_t i = first; i < uncertainty_count; ++i) {
        const double low = reaches[i].below * reaches[i].below, high = reaches[i].above * reaches[i].above;
        below += low;
        above += high;
        variances[i] = low + high;
    }
    if (value == 0 && scale == Scale::ratio) return {};
    if (!std::isfinite(value) || !std::isfinite(below) || !std::isfinite(above)) {
        return without_interval(value, first == 0 && !known(of_prompts) ? of_prompts.why : NoInterval::undefined);
    }
    ConfidenceInterval estimate{value, value, value, NoInterval::has_one, {}};
    if (below > 0) estimate.low = from(scale, on(scale, value) - std::sqrt(below));
    if (above > 0) estimate.high = from(scale, on(scale, value) + std::sqrt(above));
    if (below + above > 0) {
        for (std::size_t i = first; i < uncertainty_count; ++i) estimate.shares[i] = variances[i] / (below + above);
    }
    return estimate;
}

}  // namespace

std::vector<ScopedEstimate> estimate(const Sample& sample, std::span<const Scale> scales,
                                     const DrawnStatistics& statistics, const MachineErrors& errors,
                                     std::uint64_t seed) {
    Reaches reaches(scales.size());
    const std::vector<ConfidenceInterval> values = add_prompts(sample, scales, statistics, reaches);
    add_sessions(sample, scales, statistics, reaches);
    const std::vector<double> totals = sample.totals();
    for (const Uncertainty source : drawn_sources) {
        add_draws(source, sample, totals, scales, statistics, errors, seed, values, reaches);
    }
    static_assert(static_cast<std::size_t>(Uncertainty::prompts) == 0);
    std::vector<ScopedEstimate> estimates;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        estimates.push_back(
            {combined(values[i], scales[i], reaches[i], 1), combined(values[i], scales[i], reaches[i], 0)});
    }
    return estimates;
}

ConfidenceInterval widened(const ConfidenceInterval& of_prompts, const ConfidenceInterval& beside, Scale scale) {
    const Sides more = sides_of(beside, scale);
    ConfidenceInterval wide = of_prompts;
    // From the middle of what is known: a value of infinity has no distance to its lower end.
    const double value = std::isfinite(of_prompts.value) ? on(scale, of_prompts.value) : on(scale, of_prompts.low);
    if (std::isfinite(of_prompts.low)) {
        wide.low = from(scale, value - std::hypot(value - on(scale, of_prompts.low), more.below));
    }
    if (std::isfinite(of_prompts.high)) {
        wide.high = from(scale, value + std::hypot(on(scale, of_prompts.high) - value, more.above));
    }
    return wide;
}

double p_value(const ConfidenceInterval& estimate, Scale scale) {
    if (!known(estimate)) return 1;
    const double none = scale == Scale::ratio ? 1 : 0;
    const double distance = std::abs(on(scale, estimate.value) - on(scale, none));
    const double end = estimate.value > none ? estimate.low : estimate.high;
    const double reach = std::abs(on(scale, estimate.value) - on(scale, end));
    if (!(reach > 0)) return distance > 0 ? 0 : 1;
    return 2 * base::normal_distribution(-distance / reach * energy::end_of_95_percent);
}

}  // namespace ergon::lab
