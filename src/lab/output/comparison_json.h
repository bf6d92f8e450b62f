#pragma once
// A comparison for machines.

#include <nlohmann/json.hpp>

#include "lab/comparison.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// {"contenders": [{"label", "answers", "capped", "tokens", "joules", "joules_per_token", "joules_per_answer",
/// "accuracy", "joules_per_correct", "by_task": [...], ...}], "pairs": [{"a", "b", "energy_ratio", "tokens_ratio",
/// "joules_per_token_ratio", "decomposition": [...], "p_value", "differs": [...], "finding", ...}], "reasoning",
/// "parts", "protocol", "settings", "seed",
/// "machine", "machine_events", "version"}. Ratios are {"value", "low", "high"} of b over a,
/// energies figures as everywhere.
nlohmann::ordered_json comparison_json(const Comparison& comparison, const RunDescription& run,
                                       const std::vector<MachineEvent>& machine_events = {});

}  // namespace ergon::lab
