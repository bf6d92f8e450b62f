#pragma once
// Training when the grid is clean: waits while a kilowatt-hour emits too much, and knows what would have been emitted
// without waiting.

#include <atomic>
#include <functional>
#include <vector>

#include "energy/cost/grid.h"

namespace ergon::train {

struct Clock {
    std::function<energy::SystemTime()> now = [] { return std::chrono::system_clock::now(); };
    std::function<void(base::Seconds)> sleep;  // empty: of this thread
};

struct GridOptions {
    energy::Grid grid;
    base::GramsPerKilowattHour below{};  // train while the grid is below this
    /// Hears, while training waits, of the grid as the wait begins and whenever it changes.
    std::function<void(base::GramsPerKilowattHour)> on_wait;
    Clock clock;
};

class CarbonAwareSchedule {
  public:
    explicit CarbonAwareSchedule(GridOptions options) : options_(std::move(options)) {}

    /// The grid now, which is remembered. Throws what the grid throws.
    base::GramsPerKilowattHour look();
    bool clean(base::GramsPerKilowattHour intensity) const { return intensity < options_.below; }
    /// Returns once the grid is clean, or soon after `stop` is set. `account` is told of each stretch of the wait, as
    /// it ends, with the grid that held in it.
    void wait(const std::atomic<bool>* stop, const std::function<void(base::GramsPerKilowattHour)>& account);
    /// The mean over so much time from the first look on: each value that was seen holds until the next.
    base::GramsPerKilowattHour mean_of_first(base::Seconds duration) const;

  private:
    struct Seen {
        energy::SystemTime time;
        base::GramsPerKilowattHour intensity;
    };

    GridOptions options_;
    std::vector<Seen> seen_;  // changes only, in order
};

}  // namespace ergon::train
