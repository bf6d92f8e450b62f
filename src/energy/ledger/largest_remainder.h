#pragma once
// Amounts split into whole parts that add up.

#include <cstdint>
#include <span>
#include <vector>

namespace ergon::energy {

/// Splits `total` >= 0 in proportion to `weights` >= 0 by largest remainder: parts add up to `total` exactly, each
/// within one of its share; equal remainders favour the earlier part. If all weights are zero they count as equal.
/// `weights` must not be empty.
std::vector<std::int64_t> split_exactly(std::int64_t total, std::span<const std::int64_t> weights);

}  // namespace ergon::energy
