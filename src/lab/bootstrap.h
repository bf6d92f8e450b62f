#pragma once
// Bootstrap intervals of statistics that depend on sums over prompts: ratios of totals, means, geometric means.

#include <cstdint>
#include <vector>

#include "lab/distributions.h"
#include "lab/estimate.h"
#include "lab/rows.h"

namespace ergon::lab {

enum class BootstrapKind {
    percentile,
    bca,  // bias-corrected and accelerated: Efron 1987
};

struct BootstrapOptions {
    std::uint64_t seed = 0;
    std::int64_t replicates = 2000;
    double confidence = 0.95;
    BootstrapKind kind = BootstrapKind::bca;
    /// Reads the distribution further out, as far as a t interval is wider than a normal one: without, the intervals of
    /// few prompts are too narrow (Hesterberg 2014, "What teachers should know about the bootstrap"). The degrees of
    /// freedom are those that the variance of the variance leaves (Satterthwaite 1946), 2 n / (k - 1) with the kurtosis
    /// k of the jackknife values, n - 1 at most: where a few prompts decide, there are few.
    bool expanded = true;
};

/// Intervals of `count` statistics, all from the same draws. The draws are a pure function of the seed: replicate r
/// draws row floor(random_bits(seed, r, i) * rows / 2^64) as its i-th. Rows too few for an interval of that
/// confidence (six for 95%), or a statistic that is not a number for some draw, leave the ends unknown. Quantiles
/// interpolate linearly. Throws Error(bad_argument) without rows or replicates.
std::vector<Estimate> bootstrap(const Rows& rows, std::size_t count, const Statistics& statistics,
                                const BootstrapOptions& options);

}  // namespace ergon::lab
