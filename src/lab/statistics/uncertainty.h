#pragma once
// Intervals of what prompts, sessions and the machine leave uncertain: each source on its own, then all together.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lab/statistics/jackknife.h"
#include "lab/statistics/machine_errors.h"
#include "lab/statistics/sample.h"

namespace ergon::lab {

/// Writes the value of each statistic; `draws` are those of the sample's contenders.
using DrawnStatistics =
    std::function<void(const Sums& sums, std::span<const MachineDraw> draws, std::span<double> values)>;

/// An interval of what these prompts took, and one of what others of their kind take.
struct ScopedEstimate {
    ConfidenceInterval of_these;
    ConfidenceInterval of_such;
};

/// Intervals of statistics, one for each scale. Every source of uncertainty gets a reach below and above the value:
/// prompts by the jackknife; sessions by Student's t of their standard error (sessions are alike but for what is to be
/// found out, so few of them are enough); the others by the 2.5% and 97.5% quantiles of draws of that source alone.
/// Independent reaches add in quadrature, on the statistic's scale (JCGM 100:2008, 5.1.2: the law of propagation, with
/// the reach in place of the standard uncertainty so that skew and few degrees of freedom are kept). Where the prompts
/// give no interval, neither does the whole.
std::vector<ScopedEstimate> estimate(const Sample& sample, std::span<const Scale> scales,
                                     const DrawnStatistics& statistics, const MachineErrors& errors,
                                     std::uint64_t seed);

/// An estimate whose prompts' part is known from elsewhere (shares right, joules per right answer): `of_prompts`, and
/// what is uncertain beside them as far as it reaches from `beside`. An end that `of_prompts` does not know stays so.
ConfidenceInterval widened(const ConfidenceInterval& of_prompts, const ConfidenceInterval& beside, Scale scale);

/// The chance that as much is luck where the truth is none (a ratio of 1, a difference of 0): two-sided, normal, the
/// standard error being what the interval's reach towards it tells. 1 without an interval.
double p_value(const ConfidenceInterval& estimate, Scale scale);

}  // namespace ergon::lab
