#pragma once
// What the whole machine took in a stretch of time, sensor by sensor.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "energy/figure.h"
#include "energy/machine/machine_reader.h"

namespace ergon::energy {

/// One sensor in a window.
struct SensorUse {
    std::string name;
    Scope scope = Scope::part;
    std::string part_of;  // the sensor that contains it; empty for the total
    base::Joules joules{};
    bool complete = true;             // it was read all the time
    std::optional<PowerRange> power;  // over the last reading
};

/// A part of the machine's total that no counter told of in a window, and why.
struct NotCounted {
    std::string name;
    std::string reason;
};

struct WindowFigures {
    base::Seconds seconds{};
    Figure joules;                          // of the whole machine
    Figure above_idle;                      // without idle power
    Boundary boundary = Boundary::machine;  // what the joules are those of
    base::Watts average{};
    std::vector<SensorUse>
        sensors;  // the total first if several add up to it, the rest of the machine last; none without a counter
    base::Seconds busy{};  // processor time of all programs
    std::vector<NotCounted> not_counted;
};

/// Reads a machine from its making on. Used by one thread.
class Window {
  public:
    explicit Window(MachineReader& reader);
    /// Worth calling every reader.interval(); the power over the last reading, and how it was obtained. Nothing before
    /// the first.
    struct Power {
        PowerRange watts;
        Method method = Method::estimated;
    };
    std::optional<Power> poll();
    /// Up to now; the window goes on.
    WindowFigures figures();
    /// The window ends now. Waits for counters that have not moved yet, as long as the reader's options bear.
    void finish();
    /// So much processor time is known to have been taken by the last reading, whether or not /proc/stat, which counts
    /// in ticks and may be hidden, shows it. Matters where energy is estimated.
    void count_work(base::Nanoseconds busy);

  private:
    /// What was taken in some intervals.
    struct Taken {
        Amounts amounts;
        base::Nanoseconds busy{};
    };
    void add(base::Nanoseconds now);
    Taken taken_in(std::span<const Interval> intervals) const;
    Taken taken() const;
    bool ended_unknown() const;
    std::span<const Tally> tallies() const;
    Uncertainty uncertainty() const;
    std::vector<SensorUse> sensors() const;
    std::vector<NotCounted> not_counted() const;

    MachineReader& reader_;
    base::Nanoseconds begin_{};
    std::optional<base::Nanoseconds> end_;
    base::Nanoseconds step_at_end_{};
    std::vector<Tally> tallies_at_end_;
    Taken known_;
    Taken unseen_;  // work that is known to have been done beside what the readings show
    std::optional<Power> last_power_;
    std::vector<Tally> first_;  // the tallies when it began
};

/// {"seconds", "joules": figure, "above_idle": figure, "boundary", "average_watts", "sensors": [{"name", "joules",
/// "part_of", "complete"}], "not_counted": [{"name", "reason"}], "overhead": {...}}
nlohmann::ordered_json window_json(const WindowFigures& figures, const Overhead& overhead);

}  // namespace ergon::energy
