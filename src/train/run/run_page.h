#pragma once
// The page of a run: what was learnt, what it took, how the experts were used, and by which recipe.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "train/run/recipe.h"
#include "train/run/run_log.h"

namespace ergon::train {

/// One HTML page that needs nothing beside itself, from the lines of the run's log, some hundred kilobytes however many
/// they are. `machine`: facts of the machine, the last of the run if it moved. Throws Error(bad_file) for loads that
/// are not of this recipe's experts.
std::string run_page(const Recipe& recipe, const std::vector<StepLine>& lines, const nlohmann::ordered_json& machine);

}  // namespace ergon::train
