#pragma once
// What `compare` prints: a table of at most 100 columns, a few plain sentences, and the same as JSON.

#include <nlohmann/json.hpp>
#include <string>

#include "lab/comparison.h"
#include "lab/results.h"

namespace ergon::lab {

/// Contenders, pairs, findings. `energy_source` says where the joules come from (energy::Meter::describe()).
std::string comparison_table(const Comparison& comparison, const std::string& energy_source);

/// What the pair shows, in sentences.
std::string finding(const Comparison& comparison, const PairSummary& pair);

/// Whether these models reason, and so whether the comparison says anything about models that do. Empty without
/// answers.
std::string reasoning_sentence(const Comparison& comparison);

/// {"contenders": [...], "pairs": [...], "reasoning": ..., "protocol": ..., "settings": ..., "seed": ..., "machine":
/// ..., "version": ...}
nlohmann::ordered_json comparison_json(const Comparison& comparison, const RunDescription& run);

}  // namespace ergon::lab
