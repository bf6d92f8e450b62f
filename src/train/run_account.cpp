#include "train/run_account.h"

namespace ergon::train {

using base::GramsPerKilowattHour;

RunAccount::RunAccount(StepLine before, energy::MachineReader& machine, const GridSchedule* schedule)
    : schedule_(schedule), window_(machine), last_(window_.figures()), before_(std::move(before)), line_(before_) {
    if (schedule_ != nullptr && !before_.grid) {
        GridLine none;  // nothing yet, and known no better than what will follow
        none.total.method = none.unscheduled.method = none.waiting.method = none.waiting_grams.method =
            machine.method();
        before_.grid = line_.grid = none;
    }
    if (schedule_ == nullptr) line_.grid.reset();
}

/// The window's figures only grow, and their ends with them.
RunAccount::Taken RunAccount::since_last() {
    const energy::WindowFigures now = window_.figures();
    const energy::Figure &a = last_.joules, &b = now.joules;
    const Taken taken{now.seconds - last_.seconds, {b.value - a.value, b.low - a.low, b.high - a.high, b.method}};
    last_ = now;
    return taken;
}

void RunAccount::trained(const StepReport& report, GramsPerKilowattHour intensity) {
    const Taken taken = since_last();
    line_.report = report;
    line_.seconds = taken.seconds;
    line_.joules = taken.joules;
    line_.total += taken.joules;
    line_.total_seconds += taken.seconds;
    line_.total_tokens += report.tokens;
    if (schedule_ == nullptr) return;
    piece_.seconds += taken.seconds;
    piece_.joules += taken.joules;
    GridLine& grid = *line_.grid;
    grid.intensity = intensity;
    grid.grams = energy::carbon_of(taken.joules, intensity);
    grid.total += grid.grams;
    grid.unscheduled =
        before_.grid->unscheduled + energy::carbon_of(piece_.joules, schedule_->mean_of_first(piece_.seconds));
}

void RunAccount::waited(GramsPerKilowattHour intensity) {
    const Taken taken = since_last();
    GridLine& grid = *line_.grid;
    grid.waited += taken.seconds;
    grid.waiting += taken.joules;
    grid.waiting_grams += energy::carbon_of(taken.joules, intensity);
}

}  // namespace ergon::train
