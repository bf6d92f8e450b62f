#include "train/run/run_account.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::train {
namespace {

/// Ends of figures grow with them, but for what a counter has not shown yet, which is as large as the mean power and
/// may shrink.
energy::Figure difference(const energy::Figure& later, const energy::Figure& earlier) {
    const base::Joules value = later.value - earlier.value;
    return {value, std::min(later.low - earlier.low, value), std::max(later.high - earlier.high, value), later.method};
}

}  // namespace

using base::GramsPerKilowattHour;

RunAccount::RunAccount(StepLine before, energy::Meter& meter, const CarbonAwareSchedule* schedule)
    : schedule_(schedule),
      meter_(meter),
      request_(meter.begin_request()),
      begin_(base::now()),
      last_(so_far()),
      before_(std::move(before)),
      line_(before_) {
    if (schedule_ != nullptr && !before_.grid) {
        GridLine none;  // nothing yet, and known no better than what will follow
        none.total.method = none.unscheduled.method = none.waiting.method = none.waiting_grams.method = meter.method();
        before_.grid = line_.grid = none;
    }
    if (schedule_ == nullptr) line_.grid.reset();
}

RunAccount::~RunAccount() {
    try {
        meter_.end_request(request_);
    } catch (const base::Error&) {  // nobody is left to be told
    }
}

RunAccount::Taken RunAccount::so_far() {
    const energy::Figure joules = meter_.so_far(request_).total;
    return {base::to_seconds(base::now() - begin_), joules, meter_.others()};
}

RunAccount::Taken RunAccount::since_last() {
    const Taken now = so_far();
    const Taken taken{now.seconds - last_.seconds, difference(now.joules, last_.joules),
                      difference(now.others, last_.others)};
    last_ = now;
    return taken;
}

void RunAccount::trained(const StepReport& report, GramsPerKilowattHour intensity) {
    const Taken taken = since_last();
    line_.report = report;
    line_.seconds = taken.seconds;
    line_.joules = taken.joules;
    line_.total += taken.joules;
    line_.others = taken.others;
    line_.total_others = line_.total_others ? *line_.total_others + taken.others : taken.others;
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
