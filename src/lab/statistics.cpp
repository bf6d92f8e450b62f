#include "lab/statistics.h"

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

Estimate interval_of(double value, std::span<double> replicates, std::span<const double> jackknife,
                     const BootstrapOptions& options) {
    const auto not_a_number = [](double one) { return std::isnan(one); };
    if (std::isnan(value) || std::any_of(replicates.begin(), replicates.end(), not_a_number) ||
        std::any_of(jackknife.begin(), jackknife.end(), not_a_number)) {
        return {value, -infinity, infinity};
    }
    std::sort(replicates.begin(), replicates.end());
    double low = (1 - options.confidence) / 2;
    double high = 1 - low;
    if (options.kind == BootstrapKind::bca) {
        const auto below = std::lower_bound(replicates.begin(), replicates.end(), value) - replicates.begin();
        const auto not_above = std::upper_bound(replicates.begin(), replicates.end(), value) - replicates.begin();
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

}  // namespace

std::vector<Estimate> bootstrap(std::size_t items, std::size_t count, const Statistics& statistics,
                                const BootstrapOptions& options) {
    if (items == 0) base::fail(base::ErrorCode::bad_argument, "A bootstrap needs at least one prompt.");
    if (options.replicates < 1 || !(options.confidence > 0 && options.confidence < 1)) {
        base::fail(base::ErrorCode::bad_argument,
                   "A bootstrap needs replicates and a confidence between 0 and 1, not {} and {}.", options.replicates,
                   options.confidence);
    }
    std::vector<std::size_t> all(items);
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<double> values(count);
    statistics({all, std::nullopt}, values);
    std::vector<Estimate> estimates;
    if (items < 2) {
        for (const double value : values) estimates.push_back({value, -infinity, infinity});
        return estimates;
    }

    const auto replicates = static_cast<std::size_t>(options.replicates);
    std::vector<std::vector<double>> drawn(count, std::vector<double>(replicates));
    std::vector<std::vector<double>> left_out(count, std::vector<double>(items));
    std::vector<double> one(count);
    std::vector<std::size_t> sample(items);
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
        base::RandomSequence random(options.seed, replicate);
        for (std::size_t& item : sample) item = random.below(items);
        statistics({sample, replicate}, one);
        for (std::size_t i = 0; i < count; ++i) drawn[i][replicate] = one[i];
    }
    sample.assign(all.begin() + 1, all.end());
    for (std::size_t item = 0; item < items; ++item) {
        if (item > 0) sample[item - 1] = item - 1;
        statistics({sample, std::nullopt}, one);
        for (std::size_t i = 0; i < count; ++i) left_out[i][item] = one[i];
    }
    for (std::size_t i = 0; i < count; ++i) estimates.push_back(interval_of(values[i], drawn[i], left_out[i], options));
    return estimates;
}

double normal_distribution(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normal_quantile(double probability) {
    if (!(probability > 0)) return probability == 0 ? -infinity : std::numeric_limits<double>::quiet_NaN();
    if (!(probability < 1)) return probability == 1 ? infinity : std::numeric_limits<double>::quiet_NaN();
    // Bisection on the half in which the distribution function has its full relative precision; below -39 it is zero.
    if (probability > 0.5) return -normal_quantile(1 - probability);
    double low = -39;
    double high = 0;
    for (double middle = (low + high) / 2; middle != low && middle != high; middle = (low + high) / 2) {
        (normal_distribution(middle) < probability ? low : high) = middle;
    }
    return high;
}

double logarithmic_mean(double a, double b) {
    if (a <= 0 || b <= 0) return 0;
    // It is symmetric; by the smaller of the two, log1p keeps its precision at both ends.
    const double smaller = std::min(a, b);
    const double difference = (std::max(a, b) - smaller) / smaller;
    return difference == 0 ? smaller : smaller * difference / std::log1p(difference);
}

std::optional<std::vector<DecompositionTerm>> decompose(std::span<const PhaseAmount> a,
                                                        std::span<const PhaseAmount> b) {
    double joules_a = 0;
    double joules_b = 0;
    for (const PhaseAmount& phase : a) joules_a += phase.joules;
    for (const PhaseAmount& phase : b) joules_b += phase.joules;
    if (!(joules_a > 0 && joules_b > 0)) return std::nullopt;

    const double whole = logarithmic_mean(joules_b, joules_a);
    std::vector<DecompositionTerm> terms(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const double both = (b[i].joules - a[i].joules) / whole;  // what this phase adds to ln(E_b / E_a)
        const bool tokens_on_both = a[i].tokens > 0 && b[i].tokens > 0;
        const bool joules_on_both = a[i].joules > 0 && b[i].joules > 0;
        if (tokens_on_both && joules_on_both) {
            terms[i].tokens = logarithmic_mean(b[i].joules, a[i].joules) / whole * std::log(b[i].tokens / a[i].tokens);
            terms[i].joules_per_token = both - terms[i].tokens;
        } else if ((a[i].tokens > 0) != (b[i].tokens > 0)) {
            terms[i].tokens = both;
        } else {
            terms[i].joules_per_token = both;  // joules without tokens, or tokens without joules, on one side
        }
    }
    return terms;
}

}  // namespace ergon::lab
