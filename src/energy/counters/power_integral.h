#pragma once
// Sensors that say watts: joules are the area under straight lines from reading to reading.

#include <functional>
#include <optional>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// Assumed: what power did over a gap longer than this cannot be guessed from its two ends.
inline constexpr base::Nanoseconds longest_bridge{2'000'000'000};

class PowerIntegral final : public Sensor {
  public:
    using ReadFn = std::function<SensorResult<base::Watts>()>;
    /// `info.step` is how often the gauge itself moves; the horizon is longest_bridge.
    PowerIntegral(SensorInfo info, ReadFn read_fn, base::Nanoseconds now);
    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;

  private:
    SensorInfo info_;
    ReadFn read_fn_;
    std::optional<base::Watts> last_;  // at begin_
    base::Nanoseconds begin_{};
};

}  // namespace ergon::energy
