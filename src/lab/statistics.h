#pragma once
// Statistics for paired prompts: bootstrap intervals, and what a ratio of joules is made of.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace ergon::lab {

/// An estimate with its interval. Ends that nothing is known about are infinite.
struct Estimate {
    double value = 0;
    double low = 0;
    double high = 0;
    bool operator==(const Estimate&) const = default;
};

enum class BootstrapKind {
    percentile,
    bca,  // bias-corrected and accelerated: Efron 1987
};

struct BootstrapOptions {
    std::uint64_t seed = 0;
    std::int64_t replicates = 2000;
    double confidence = 0.95;
    BootstrapKind kind = BootstrapKind::bca;
};

/// Prompts drawn with replacement, or all of them (or all but one, for the jackknife) when `replicate` is empty.
struct Sample {
    std::span<const std::size_t> items;
    std::optional<std::uint64_t> replicate;
};

/// Writes the value of each statistic for the sample.
using Statistics = std::function<void(const Sample& sample, std::span<double> values)>;

/// Intervals of `count` statistics over `items` prompts, all from the same draws. The draws are a pure function of the
/// seed: replicate r draws item floor(random_bits(seed, r, i) * items / 2^64) as its i-th. Fewer than two items, or a
/// statistic that is not a number for some draw, leave the ends unknown. Quantiles interpolate linearly.
std::vector<Estimate> bootstrap(std::size_t items, std::size_t count, const Statistics& statistics,
                                const BootstrapOptions& options);

/// The standard normal distribution function and its inverse (to the last digits of a double; infinite at 0 and 1).
double normal_distribution(double z);
double normal_quantile(double probability);

/// (a - b) / ln(a / b) for a, b >= 0; a where both are equal, 0 where one is 0.
double logarithmic_mean(double a, double b);

/// What a phase took in all.
struct PhaseAmount {
    double tokens = 0;
    double joules = 0;
};

/// The parts of ln(joules of b / joules of a) that come from one phase.
struct DecompositionTerm {
    double tokens = 0;            // from more (or fewer) tokens
    double joules_per_token = 0;  // from dearer (or cheaper) tokens
};

/// Logarithmic-mean (LMDI-I, Ang 2005) decomposition of the ratio of two sums of phases, joules = tokens x joules per
/// token in each: the terms add up to ln(E_b / E_a) exactly. A phase that only one side has is all tokens. Nothing if a
/// side has no joules.
std::optional<std::vector<DecompositionTerm>> decompose(std::span<const PhaseAmount> a, std::span<const PhaseAmount> b);

}  // namespace ergon::lab
