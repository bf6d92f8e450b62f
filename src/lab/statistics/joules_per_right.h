#pragma once
// What a right answer costs, with an interval also where few or none are right.

#include <span>
#include <vector>

#include "lab/statistics/confidence_interval.h"

namespace ergon::lab {

/// One contender on graded prompts: joules of each, and the share of its repeats that was right (0 to 1).
struct GradedCosts {
    std::vector<double> joules;
    std::vector<double> right;
};

/// The product of (joules of all prompts over the number of right ones) to the power of each contender's weight, on
/// prompts that all of them answered: a contrast of logarithms, as of a design's factors (factors.h). The reach of the
/// joules (jackknife.h) and those of the shares right (Clopper and Pearson) are combined in logarithms (MOVER: Donner
/// and Zou 2012) as if they were independent, with the correlation of joules and shares where it widens the interval.
/// Where nobody was right with a contender of positive weight, the value and the upper end are infinite; of negative
/// weight, the value and the lower end are 0; of both, nothing is known. The end that is left is then what all
/// intervals together exclude. Throws Error(bad_argument) unless there is a weight for each contender and all columns
/// are as long and not empty.
ConfidenceInterval joules_per_right_contrast(std::span<const GradedCosts> contenders, std::span<const double> weights,
                                             double confidence = 0.95);

/// Joules of all prompts over the number of right ones.
ConfidenceInterval joules_per_right(const GradedCosts& costs, double confidence = 0.95);

}  // namespace ergon::lab
