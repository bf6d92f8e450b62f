#include "lab/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace ergon::lab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Linear interpolation between order statistics: position p (n - 1), as NumPy's default.
double quantile(std::span<const double> sorted, double probability) {
    const double position = std::clamp(probability, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const std::size_t below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

/// A sixth of the skewness of the jackknife values about their mean (Efron and Tibshirani 1993, eq. 14.15).
double acceleration(std::span<const double> jackknife) {
    const double mean =
        std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / static_cast<double>(jackknife.size());
    double squares = 0;
    double cubes = 0;
    for (const double value : jackknife) {
        const double difference = mean - value;
        squares += difference * difference;
        cubes += difference * difference * difference;
    }
    return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

/// Where BCa reads the distribution instead of at `probability` (Efron and Tibshirani 1993, eq. 14.10).
double bca_probability(double probability, double bias, double accelerated) {
    const double shifted = bias + normal_quantile(probability);
    return normal_distribution(bias + shifted / (1 - accelerated * shifted));
}

/// Satterthwaite's degrees of freedom of the variance that the jackknife values have.
double degrees_of_freedom(std::span<const double> jackknife) {
    const auto n = static_cast<double>(jackknife.size());
    const double mean = std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / n;
    double squares = 0, fourths = 0;
    for (const double value : jackknife) {
        const double square = (value - mean) * (value - mean);
        squares += square;
        fourths += square * square;
    }
    const double kurtosis = squares > 0 ? n * fourths / (squares * squares) : 1;
    const double freedom = kurtosis > 1 ? 2 * n / (kurtosis - 1) : n;
    return std::floor(std::clamp(freedom, 1.0, n - 1));
}

/// Even the whole range of n rows leaves the truth out with a chance of 2 / 2^n (all above, or all below it).
std::size_t least_rows(const BootstrapOptions& options) {
    if (!options.expanded) return 2;
    return static_cast<std::size_t>(std::ceil(1 - std::log2(1 - options.confidence)));
}

/// The share of the distribution below the lower end, before BCa shifts it.
double tail(std::span<const double> jackknife, const BootstrapOptions& options) {
    if (!options.expanded) return (1 - options.confidence) / 2;
    const auto n = static_cast<double>(jackknife.size());
    return normal_distribution(-std::sqrt(n / (n - 1)) * student_reach(options.confidence, degrees_of_freedom(jackknife)));
}

Estimate interval_of(double value, std::span<double> replicates, std::span<const double> jackknife,
                     const BootstrapOptions& options) {
    const auto not_a_number = [](double one) { return std::isnan(one); };
    if (std::isnan(value) || std::any_of(replicates.begin(), replicates.end(), not_a_number) ||
        std::any_of(jackknife.begin(), jackknife.end(), not_a_number)) {
        return {value, -infinity, infinity};
    }
    std::sort(replicates.begin(), replicates.end());
    double low = tail(jackknife, options);
    double high = 1 - low;
    if (options.kind == BootstrapKind::bca) {
        // A replicate that drew every prompt once is the value itself, whatever its sums were rounded to.
        const double rounding = 1e-12 * std::abs(value);
        const auto below = std::ranges::lower_bound(replicates, value - rounding) - replicates.begin();
        const auto not_above = std::ranges::upper_bound(replicates, value + rounding) - replicates.begin();
        const double count = static_cast<double>(replicates.size());
        // Half a replicate from the ends at least: a bias that no replicate can measure is not infinite.
        const double share =
            std::clamp(static_cast<double>(below + not_above) / (2 * count), 0.5 / count, 1 - 0.5 / count);
        const double bias = normal_quantile(share);
        const double accelerated = acceleration(jackknife);
        low = bca_probability(low, bias, accelerated);
        high = bca_probability(high, bias, accelerated);
    }
    return {value, quantile(replicates, low), quantile(replicates, high)};
}

/// sums += sign * row
void add(std::span<const double> row, double sign, std::vector<double>& sums) {
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += sign * row[i];
}

}  // namespace

std::vector<Estimate> bootstrap(const Rows& rows, std::size_t count, const Statistics& statistics,
                                const BootstrapOptions& options) {
    if (rows.size() == 0) base::fail(base::ErrorCode::bad_argument, "A bootstrap needs at least one prompt.");
    if (options.replicates < 1 || !(options.confidence > 0 && options.confidence < 1)) {
        base::fail(base::ErrorCode::bad_argument,
                   "A bootstrap needs replicates and a confidence between 0 and 1, not {} and {}.", options.replicates,
                   options.confidence);
    }
    const double number = static_cast<double>(rows.size());
    std::vector<double> total(rows.columns()), sums(rows.columns()), values(count), one(count);
    for (std::size_t row = 0; row < rows.size(); ++row) add(rows[row], 1, total);
    statistics({total, number, std::nullopt}, values);
    std::vector<Estimate> estimates;
    if (rows.size() < least_rows(options)) {
        for (const double value : values) estimates.push_back({value, -infinity, infinity});
        return estimates;
    }

    const auto replicates = static_cast<std::size_t>(options.replicates);
    std::vector<std::vector<double>> drawn(count, std::vector<double>(replicates));
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
        base::RandomSequence random(options.seed, replicate);
        std::fill(sums.begin(), sums.end(), 0.0);
        for (std::size_t i = 0; i < rows.size(); ++i) add(rows[random.below(rows.size())], 1, sums);
        statistics({sums, number, replicate}, one);
        for (std::size_t i = 0; i < count; ++i) drawn[i][replicate] = one[i];
    }
    std::vector<std::vector<double>> left_out(count, std::vector<double>(rows.size()));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        sums = total;
        add(rows[row], -1, sums);
        statistics({sums, number - 1, std::nullopt}, one);
        for (std::size_t i = 0; i < count; ++i) left_out[i][row] = one[i];
    }
    for (std::size_t i = 0; i < count; ++i) estimates.push_back(interval_of(values[i], drawn[i], left_out[i], options));
    return estimates;
}

}  // namespace ergon::lab
