#pragma once
// The first screen of a comparison: the question, a table of the contenders, what the factors do, and what may be
// quoted.

#include <optional>
#include <string>
#include <vector>

#include "lab/comparison_report.h"

namespace ergon::lab {

/// At most 100 columns. `energy_source` as comparison_table() has it. Everything else is in comparison_table() and on
/// the page.
std::string comparison_screen(const ComparisonReport& report, const std::string& energy_source);

/// Sentences that hold by themselves, three at most: each with its interval, or with the word that nothing is shown.
std::vector<std::string> quotable(const Comparison& comparison, const std::optional<LayerSlice>& slice);

}  // namespace ergon::lab
