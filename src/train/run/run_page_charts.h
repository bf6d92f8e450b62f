#pragma once
// Charts of a run's log: curves over its steps, and the loads of its experts.

#include <span>
#include <string>
#include <vector>

#include "report/charts/heat_map.h"
#include "report/charts/line_chart.h"
#include "report/charts/scatter.h"
#include "train/run/recipe.h"
#include "train/run/run_log.h"

namespace ergon::train {

using Steps = std::span<const StepLine>;

/// A curve has at most so many points, however long the run: more than a screen has columns for would only make the
/// page large (assumed).
inline constexpr std::size_t max_points = 200;
/// Steps whose loads are added up: enough that a single batch does not show (assumed).
inline constexpr std::size_t load_steps = 100;

/// The log cut into at most `max_points` stretches of equally many steps (the last may have fewer): the points of a
/// curve.
std::vector<Steps> stretches(Steps lines);
/// A sentence that says of how many steps each point is the mean; nothing if it is one.
std::string stretches_note(const std::vector<Steps>& points);

/// Layers whose loads a log holds, by number; the MTP block is the last.
std::vector<std::string> layers_with_experts(const Recipe& recipe);

report::LineChart loss_curve(const std::vector<Steps>& points, const Recipe& recipe);
report::LineChart accuracy_curve(const std::vector<Steps>& points, const Recipe& recipe);
report::LineChart speed_curve(const std::vector<Steps>& points);
report::LineChart joules_curve(const std::vector<Steps>& points);
report::LineChart learning_rate_curve(const std::vector<Steps>& points);
/// Of models with experts.
report::LineChart violation_curve(const std::vector<Steps>& points);
report::HeatMap expert_loads(Steps lines, const Recipe& recipe);
/// Of reinforcement learning, a line of the log for each round.
report::LineChart reward_curve(const std::vector<Steps>& points);
report::LineChart answers_curve(const std::vector<Steps>& points);
report::LineChart length_curve(const std::vector<Steps>& points);
report::LineChart divergence_curve(const std::vector<Steps>& points);
/// Right answers against the counted joules of one, from the first round to the last.
report::Scatter trade_curve(Steps lines);
/// Of runs that followed the grid.
report::LineChart grid_curve(const std::vector<Steps>& points);

}  // namespace ergon::train
