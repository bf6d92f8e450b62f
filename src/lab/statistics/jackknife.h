#pragma once
// Intervals of statistics of prompts that hold the truth for few prompts and long tails: Student's t on the jackknife,
// in logarithms.

#include <span>
#include <vector>

#include "lab/statistics/confidence_interval.h"
#include "lab/statistics/rows.h"

namespace ergon::lab {

/// What a statistic's interval is symmetric in.
enum class Scale {
    ratio,       // a positive quantity: in its logarithm, so that the interval is a factor either way
    difference,  // a difference, or a logarithm already: in itself
};

/// How far an interval reaches either way, in logarithms. The n prompts have the influences d_i = (n - 1)(mean - T_i),
/// where T_i is the (logarithm of the) statistic without prompt i, and s is their standard deviation. The reach is the
/// jackknife's standard error s / sqrt(n) (Tukey 1958; ratios in logarithms: Miller 1974) times t + min(25 s / n, 2),
/// with Student's t for n - 1 degrees of freedom. The other term stands for the tail that n prompts do not show: it has
/// the form of the skewness in Johnson's modified t (1978), and its numbers were chosen by simulation
/// (docs/experiment.md).
struct Reach {
    double reach = 0;           // infinite where there is no interval
    double standard_error = 0;  // in logarithms
    NoInterval why = NoInterval::has_one;
};

/// From the statistic without each of the prompts, in the scale of the interval.
Reach jackknife_reach(std::span<const double> left_out, double confidence);

/// Influences (n - 1)(mean - T_i) of the prompts on a statistic, from the T_i.
std::vector<double> influences(std::span<const double> left_out);

/// Intervals of as many statistics as there are scales, as prompts were drawn: nothing else that is uncertain is in
/// them. No draws are made. There is no interval of fewer prompts than could hold the truth at that confidence (six
/// for 95%: their whole range misses it once in 2^5), where all prompts say the same, where it would be wider than a
/// factor of 1,000 either way, and where the statistic is no number. Throws Error(bad_argument) without rows or with a
/// confidence that is not between 0 and 1.
std::vector<ConfidenceInterval> jackknife(const Rows& rows, std::span<const Scale> scales, const Statistics& statistics,
                                          double confidence = 0.95);

}  // namespace ergon::lab
