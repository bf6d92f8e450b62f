#pragma once
// A counter of energy, however it is read: the difference between two moments, wraps resolved, faults told apart.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "energy/sensor.h"

namespace ergon::energy {

struct CounterRules {
    std::string where;          // what problems call it: the file, the device
    double nanojoules = 1000;   // of one count
    std::uint64_t range = 0;    // counts at which it wraps; 0: it does not, or nobody says where
    base::Watts most{};         // more is no energy but a fault; 0: not judged
    base::Nanoseconds slack{};  // so much later than it was taken may energy appear
};

/// Assumed: no sensor of a processor takes more than this, about twice the highest published package power (500 W), and
/// no board more than 4000 W. What would be more is no wrap but a fault of the counter, and a gap in which this power
/// could have wrapped it is a gap that cannot be read.
constexpr base::Watts highest_power(Scope scope) {
    return base::Watts(scope == Scope::platform ? 4000 : 1000);
}
/// Assumed: a step of a processor's counter may come this late.
inline constexpr base::Nanoseconds processor_slack{10'000'000};
/// From the public descriptions of RAPL: its counters move about once in a millisecond.
inline constexpr base::Nanoseconds processor_step{1'000'000};

class CounterSensor final : public Sensor {
  public:
    using Ask = std::function<Answer<std::uint64_t>()>;
    /// The horizon of `info` follows from the rules.
    CounterSensor(SensorInfo info, CounterRules rules, Ask ask, base::Nanoseconds now);
    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;

  private:
    /// Why the step from last_ to `count` in `gap` is not energy; empty if it is.
    std::string fault(std::uint64_t count, base::Nanoseconds gap) const;
    std::uint64_t difference(std::uint64_t last, std::uint64_t count) const;

    SensorInfo info_;
    CounterRules rules_;
    Ask ask_;
    std::optional<std::uint64_t> last_;  // at begin_; nothing if the counter was never read since restart
    base::Nanoseconds begin_{};
};

}  // namespace ergon::energy
