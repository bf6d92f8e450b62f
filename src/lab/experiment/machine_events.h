#pragma once
// The machine around an experiment: what it draws at rest, and whether it slows itself down for its temperature.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "energy/machine/machine_reader.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// The machine's power while nothing of ours runs, and how busy others keep it. Takes `seconds`.
MachineEvent idle_baseline(const energy::MeterOptions& machine, base::Seconds seconds, std::string kind);

/// Watches the kernel's counts of thermal throttling, where processors have them.
class ThrottleWatch {
  public:
    /// `sysfs`: /sys, or the tree that stands for it.
    explicit ThrottleWatch(std::filesystem::path sysfs);
    /// Whether there are such counts.
    bool visible() const { return visible_; }
    /// Throttle events since the last call.
    std::int64_t events();

  private:
    std::int64_t count();
    std::filesystem::path sysfs_;
    bool visible_ = false;
    std::int64_t last_ = 0;
};

/// While the machine throttled since the watch was last asked, waits (ten seconds at a time, two minutes at most) for
/// it to cool. What was waited, or nothing. `wait` sleeps.
std::optional<MachineEvent> cool_down(ThrottleWatch& watch, const std::function<void(base::Seconds)>& wait);

}  // namespace ergon::lab
