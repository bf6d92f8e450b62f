#pragma once
// Whether the joules of two contenders are of the same kind, and of which of their parts they are known.

#include <string>

#include "lab/comparison.h"

namespace ergon::lab {

/// Why a contender's joules cannot be set against another's, in a sentence: they are the whole machine's, or not those
/// of whatever answered. Empty if they can.
std::string incomparable(const ContenderSummary& one);

/// Takes out of a pair what its joules do not say: all ratios of joules where either side's are not comparable, those
/// by phase where an answer came in one piece. `no_ratio` and `no_phases` then say why.
void withhold_unknown(const ContenderSummary& a, const ContenderSummary& b, PairSummary& pair);

/// The same for the effects of a design.
void withhold_unknown(const std::vector<ContenderSummary>& contenders, std::vector<Effect>& effects);

}  // namespace ergon::lab
