#pragma once
// What a right answer costs, with an interval also where few or none are right.

#include <span>
#include <vector>

#include "lab/estimate.h"

namespace ergon::lab {

/// One contender on graded prompts: joules of each, and the share of its repeats that was right (0 to 1).
struct GradedCosts {
    std::vector<double> joules;
    std::vector<double> right;
};

/// Joules of all prompts over the number of right ones, as prompts are drawn. The intervals of joules per answer
/// (jackknife.h) and of the share right (Clopper and Pearson) are combined in logarithms as if they were independent
/// (MOVER: Donner and Zou 2012), with their correlation where it widens the interval. Where nobody was right the value
/// and the upper end are infinite, and the lower end is what both intervals still exclude. Throws Error(bad_argument)
/// unless both columns are as long and not empty.
Estimate joules_per_right(const GradedCosts& costs, double confidence = 0.95);

/// That of b over that of a, on the same prompts. Where nobody was right with b the value and the upper end are
/// infinite; with a, the value and the lower end are 0; with neither, nothing is known.
Estimate joules_per_right_ratio(const GradedCosts& a, const GradedCosts& b, double confidence = 0.95);

}  // namespace ergon::lab
