#pragma once
// A counter of energy, however it is read: the difference between two moments, wraps resolved, faults told apart, and
// how often it moves learnt from its own changes.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

struct CounterRules {
    std::string where;          // what problems call it: the file, the device
    double nanojoules = 1000;   // of one count
    std::uint64_t range = 0;    // counts at which it wraps; 0: it does not, or nobody says where
    base::Watts most{};         // more is no energy but a fault; 0: not judged
    base::Nanoseconds slack{};  // so much later than it was taken may energy appear
};

/// Assumed: no sensor of a processor takes more than this, about twice the highest published package power (500 W), no
/// card more than 2000 W and no board more than 4000 W. What would be more is no wrap but a fault of the counter, and a
/// gap in which this power could have wrapped it is a gap that cannot be read.
constexpr base::Watts highest_power(Scope scope) {
    if (scope == Scope::accelerator) return base::Watts(2000);
    return base::Watts(scope == Scope::platform || scope == Scope::machine ? 4000 : 1000);
}
/// Assumed: a step of a processor's counter may come this late.
inline constexpr base::Nanoseconds processor_slack{10'000'000};
/// From the public descriptions of RAPL: its counters move about once in a millisecond. Some move once in seconds (a
/// virtual machine's); that is learnt.
inline constexpr base::Nanoseconds processor_step{1'000'000};

/// A reading is valid when the counter has moved, and pending until then: a counter that has not moved tells nothing of
/// the time, not that nothing was taken.
class CounterSensor final : public Sensor {
  public:
    using ReadFn = std::function<SensorResult<std::uint64_t>()>;
    /// The horizon of `info` follows from the rules; its step is the least that will be said.
    CounterSensor(SensorInfo info, CounterRules rules, ReadFn read_fn, base::Nanoseconds now);
    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;
    std::optional<std::uint64_t> raw() const override { return last_; }

  private:
    /// Why the step from last_ to `count` at `now` is not energy; empty if it is.
    std::string fault(std::uint64_t count, base::Nanoseconds now) const;
    std::uint64_t difference(std::uint64_t last, std::uint64_t count) const;
    base::Nanojoules energy_of_step(std::uint64_t count, base::Nanoseconds now);
    bool lost_while_it_stood(base::Nanojoules step, base::Nanoseconds now) const;
    void learn(base::Nanoseconds now);
    base::Nanoseconds usual_step() const;
    void say_step(base::Nanoseconds standing);
    void moved(std::uint64_t count, base::Nanoseconds now);

    SensorInfo info_;
    CounterRules rules_;
    ReadFn read_fn_;
    base::Nanoseconds min_step_{};
    std::optional<std::uint64_t> last_;  // nothing if the counter was never read since restart
    base::Nanoseconds begin_{};          // of the next reading
    base::Nanoseconds read_at_{};        // when last_ was last seen
    /// When it was last seen to move. Nothing since the first reading, which tells nothing of when it moved before.
    std::optional<base::Nanoseconds> moved_at_;
    base::Nanoseconds stood_since_{};             // it has shown last_ since this moment at least
    std::deque<base::Nanoseconds> steps_;         // the last ones, newest last
    std::optional<base::Nanojoules> first_step_;  // energy of the first move, part of which may be older than begin
    base::Nanoseconds first_wait_{};              // from begin to that move
    base::Joules known_energy_{};                 // of valid readings
    base::Seconds known_time_{};
};

}  // namespace ergon::energy
