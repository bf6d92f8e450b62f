#pragma once
// The scratch memory that layers take of the arena while they run, beside what they keep for the backward pass.

#include "base/units.h"
#include "train/weights.h"

namespace ergon::train {

/// The most that is taken at a time in a step of `tokens` tokens.
base::Bytes scratch_bytes(const Architecture& architecture, std::int64_t tokens);

}  // namespace ergon::train
