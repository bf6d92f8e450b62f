#pragma once
// What others have published, beside a comparison's own figures.

#include <string>

#include "energy/references.h"
#include "lab/comparison.h"

namespace ergon::lab {

/// An everyday thing that takes about as much as an answer of the dearest contender, and the published figures whose
/// joules per token are nearest to the contenders', each with its source. Empty if there is nothing to compare.
std::string context_text(const Comparison& comparison, const energy::References& references);

}  // namespace ergon::lab
