#pragma once
// What `compare` and `eval` print: tables of at most 100 columns and a few plain sentences.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/comparison.h"

namespace ergon::lab {

/// The one method of all cells of a table of contenders; nothing if they differ.
std::optional<energy::Method> uniform_method(const Comparison& comparison);

/// Contenders, pairs, findings. `energy_source` says where the joules come from (energy::Meter::describe()).
std::string comparison_table(const Comparison& comparison, const std::string& energy_source);

/// What each factor of a design does, as a table; empty without effects.
std::string effects_text(std::span<const Effect> effects);

/// Right answers and what each took, by contender and category; empty if no prompt has a right answer.
std::string accuracy_lines(const std::vector<ContenderSummary>& contenders);

}  // namespace ergon::lab
