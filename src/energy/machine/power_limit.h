#pragma once
// A cap on the power of the processor packages, where Linux lets this program set one
// (/sys/class/powercap/intel-rapl:P/constraint_0_power_limit_uw).

#include <filesystem>
#include <memory>
#include <string>

#include "base/units.h"

namespace ergon::energy {

/// Holds the cap. The former limits return with its end, and with the program's, however it ends: a small process of
/// its own waits for that and sets them back.
class PowerLimit {
  public:
    /// Shares `watts` out evenly among the packages under `sysfs`. Nothing where there is no package, or a limit that
    /// cannot be set or does not stay set; all limits are then as they were.
    static std::unique_ptr<PowerLimit> set(const std::filesystem::path& sysfs, base::Watts watts);
    ~PowerLimit();
    PowerLimit(const PowerLimit&) = delete;
    PowerLimit& operator=(const PowerLimit&) = delete;

    /// "package-0: 20 W (45 W before)"
    const std::string& description() const { return description_; }

  private:
    PowerLimit() = default;

    int pipe_ = -1;     // its other end closes when this program ends
    int watcher_ = -1;  // the process that sets the limits back
    std::string description_;
};

}  // namespace ergon::energy
