#include "lab/statistics/significance.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "base/distributions.h"
#include "base/error.h"
#include "base/random.h"

namespace ergon::lab {
namespace {

/// The log ratio of two sums, pairs exchanged where `exchanged(i)` says so.
template <typename Exchanged>
double log_ratio(std::span<const double> a, std::span<const double> b, const Exchanged& exchanged) {
    double over = 0, under = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool swap = exchanged(i);
        over += swap ? a[i] : b[i];
        under += swap ? b[i] : a[i];
    }
    return std::log(over / under);
}

}  // namespace

double permutation_p(std::span<const double> a, std::span<const double> b, std::uint64_t seed, std::int64_t draws) {
    if (a.size() != b.size()) {
        base::fail(base::ErrorCode::bad_argument, "A permutation test needs pairs, but there are {} and {} values.",
                   a.size(), b.size());
    }
    const double observed = log_ratio(a, b, [](std::size_t) { return false; });
    if (!std::isfinite(observed)) return 1;
    // Sums in another order differ by roundings; they are the same sum.
    const double at_least = std::abs(observed) * (1 - 1e-12) - 1e-15;
    std::int64_t as_far = 0;
    if (a.size() < 62 && (std::int64_t{1} << a.size()) <= draws) {
        const auto all = std::uint64_t{1} << a.size();
        for (std::uint64_t which = 0; which < all; ++which) {
            const double one = log_ratio(a, b, [which](std::size_t i) { return (which >> i & 1) != 0; });
            as_far += std::abs(one) >= at_least ? 1 : 0;
        }
        return static_cast<double>(as_far) / static_cast<double>(all);
    }
    for (std::int64_t draw = 0; draw < draws; ++draw) {
        std::uint64_t bits = 0;
        const double one = log_ratio(a, b, [&](std::size_t i) {
            if (i % 64 == 0) bits = base::random_bits(seed, static_cast<std::uint64_t>(draw), i / 64);
            return (bits >> (i % 64) & 1) != 0;
        });
        as_far += std::abs(one) >= at_least ? 1 : 0;
    }
    return static_cast<double>(as_far + 1) / static_cast<double>(draws + 1);
}

double mcnemar_p(std::int64_t only_a, std::int64_t only_b) {
    const auto differing = static_cast<double>(only_a + only_b);
    double tail = 0;
    for (std::int64_t k = 0; k <= std::min(only_a, only_b); ++k) {
        const auto successes = static_cast<double>(k);
        tail += std::exp(std::lgamma(differing + 1) - std::lgamma(successes + 1) -
                         std::lgamma(differing - successes + 1) - differing * std::log(2.0));
    }
    return std::min(1.0, 2 * tail);
}

ConfidenceInterval wilson(double successes, double count, double confidence) {
    if (!(count > 0)) return {0, 0, 1};
    const double z = base::normal_quantile((1 + confidence) / 2);
    const double share = successes / count, spread = z * z / count;
    const double middle = (share + spread / 2) / (1 + spread);
    const double reach = z / (1 + spread) * std::sqrt(share * (1 - share) / count + spread / (4 * count));
    // At the ends of the range the formula's two halves cancel; what rounding leaves is no share.
    return {share, successes <= 0 ? 0 : std::max(0.0, middle - reach),
            successes >= count ? 1 : std::min(1.0, middle + reach)};
}

ConfidenceInterval clopper_pearson(double successes, double count, double confidence) {
    if (!(count > 0)) return {0, 0, 1};
    const double outside = (1 - confidence) / 2, failures = count - successes;
    return {successes / count, successes > 0 ? base::beta_quantile(outside, successes, failures + 1) : 0,
            failures > 0 ? base::beta_quantile(1 - outside, successes + 1, failures) : 1};
}

ConfidenceInterval newcombe(std::span<const double> a, std::span<const double> b, double confidence) {
    if (a.size() != b.size()) {
        base::fail(base::ErrorCode::bad_argument,
                   "A difference of shares needs pairs, but there are {} and {} prompts.", a.size(), b.size());
    }
    if (a.empty()) return {0, -1, 1};
    const auto n = static_cast<double>(a.size());
    const double right_a = std::accumulate(a.begin(), a.end(), 0.0), right_b = std::accumulate(b.begin(), b.end(), 0.0);
    const ConfidenceInterval one = wilson(right_a, n, confidence), other = wilson(right_b, n, confidence);
    // Of right and wrong answers this is n11 n00 - n10 n01, with the continuity correction of method 10.
    double association = n * std::inner_product(a.begin(), a.end(), b.begin(), 0.0) - right_a * right_b;
    if (association > 0) association = std::max(0.0, association - n / 2);
    const double variances = right_a * (n - right_a) * right_b * (n - right_b);
    const double correlation = variances > 0 ? association / std::sqrt(variances) : 0;
    const auto combined = [&](double first, double second) {
        return std::sqrt(std::max(0.0, first * first + second * second - 2 * correlation * first * second));
    };
    const double difference = other.value - one.value;
    return {difference, std::max(-1.0, difference - combined(other.value - other.low, one.high - one.value)),
            std::min(1.0, difference + combined(other.high - other.value, one.value - one.low))};
}

Equivalence equivalence(const ConfidenceInterval& ratio, double margin) {
    if (!known(ratio)) return Equivalence::undecided;
    if (ratio.low >= 1 / (1 + margin) && ratio.high <= 1 + margin) return Equivalence::equal;
    return excludes_one(ratio) ? Equivalence::different : Equivalence::undecided;
}

std::string name(Equivalence equivalence, double margin) {
    switch (equivalence) {
        case Equivalence::equal: return fmt::format("equal within {:.3g}%", 100 * margin);
        case Equivalence::different: return "different";
        default: return "undecided";
    }
}

std::vector<double> holm(std::span<const double> p_values) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
    std::vector<double> corrected(p_values.size());
    double largest = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto remaining = static_cast<double>(order.size() - rank);
        largest = std::max(largest, std::min(1.0, remaining * p_values[order[rank]]));
        corrected[order[rank]] = largest;
    }
    return corrected;
}

}  // namespace ergon::lab
