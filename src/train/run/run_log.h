#pragma once
// The log of a run: one line of JSON for each step, written as the run goes, read by all that tells of it later.

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "energy/cost/carbon.h"
#include "energy/figure.h"
#include "train/optimizer/trainer.h"

namespace ergon::train {

/// What a step and the run so far emitted, where a schedule follows the grid.
struct GridLine {
    base::GramsPerKilowattHour intensity{};  // of the grid as the step began
    energy::CarbonFigure grams;              // of this step
    energy::CarbonFigure total;              // since the run follows the grid
    /// The same joules at the mean of the hours that they would have been taken in without the schedule: from the
    /// beginning on, without a pause (each piece of a run from its own beginning).
    energy::CarbonFigure unscheduled;
    base::Seconds waited{};  // in all, for a cleaner grid
    energy::Figure waiting;  // joules in that time, other programs' aside, which are not in the run's total
    energy::CarbonFigure waiting_grams;
};

/// One line of the log.
struct StepLine {
    StepReport report;
    base::Seconds seconds{};  // of this step
    energy::Figure joules;    // of this step: the run's work, and the machine's idle power while it ran
    energy::Figure total;     // since the run began, in all its pieces
    /// What other programs took meanwhile, in this step and since the run began, which is not in the above. Nothing in
    /// lines of versions that did not tell it apart: there `joules` are the whole machine's.
    std::optional<energy::Figure> others, total_others;
    base::Seconds total_seconds{};
    std::int64_t total_tokens = 0;
    std::optional<GridLine> grid;
};

/// The line with its end.
std::string line_text(const StepLine& line);

/// Lines as CSV with the log's names: what stands within a field (a figure's value, unit, low, high
/// and method; the fields of a round or the grid) has its name behind a dot. `loads`, a list for each layer, stands as
/// JSON. Fields that no line has are left out.
std::string csv_text(const std::vector<StepLine>& lines);

/// The lines up to step `last`; none if there is no log yet. A last line without its end was torn by a kill and is left
/// out. Throws Error(bad_file): which line it is that no run wrote.
std::vector<StepLine> read_run_log(const std::filesystem::path& log,
                                   std::int64_t last = std::numeric_limits<std::int64_t>::max());

}  // namespace ergon::train
