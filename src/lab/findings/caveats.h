#pragma once
// What a reader should know of a run beside its figures: missing parts, other programs, drift of idle power,
// throttling.

#include <string>
#include <vector>

#include "lab/comparison.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// Whether all weights are known to fit into the processor's cache.
bool weights_in_cache(const Comparison& comparison, const RunDescription& run);

/// Sentences, the least said first; empty if nothing is worth saying.
std::vector<std::string> caveats(const Comparison& comparison, const RunDescription& run,
                                 const std::vector<MachineEvent>& machine_events);

}  // namespace ergon::lab
