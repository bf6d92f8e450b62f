#pragma once
// What a contender's answers took, with intervals: joules per token, per answer, per right answer.

#include <cstddef>
#include <span>

#include "lab/comparison.h"

namespace ergon::lab {

/// Fills the figures of a summary whose sums are complete, all of its answers metered.
void put_figures(std::span<const SampledPrompt> prompts, std::size_t contender, const MachineErrors& errors,
                 std::uint64_t seed, AnswerSummary& summary);

}  // namespace ergon::lab
