#pragma once
// The factors of a design, kept with their run, so that its report is that of the comparison.

#include <span>
#include <vector>

#include "lab/statistics/factors.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// Throws Error(bad_argument) unless the factors make a design of so many contenders (effects() says of which kind).
void check_factors(std::span<const Factor> factors, std::size_t contenders);

/// In place of what was kept before.
void keep_factors(Results& results, RunId run, std::span<const Factor> factors);
/// None if none were kept. Throws Error(bad_file) if what is kept is broken.
std::vector<Factor> kept_factors(Results& results, RunId run);

}  // namespace ergon::lab
