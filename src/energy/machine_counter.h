#pragma once
// All counters of a machine as one: who overlaps whom is known here, so that nothing is counted twice.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "energy/sensor.h"

namespace ergon::energy {

/// Sensors whose energies add up, read together. A reading is valid when each of them has covered the same time.
class SensorGroup : public Sensor {
  public:
    SensorGroup(std::vector<std::unique_ptr<Sensor>> sensors, base::Nanoseconds now);
    const SensorInfo& info() const override { return info_; }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;

  private:
    std::vector<std::unique_ptr<Sensor>> sensors_;
    SensorInfo info_;
    base::Nanoseconds begin_{};
    base::Nanojoules collected_{};  // valid energy of the sensors since begin_, while others are pending
};

/// The machine's total: its widest scope. Where the platform counter (psys) exists it is the total and the packages lie
/// inside it; some machines show a platform counter that hardly counts, so one that falls below the packages is left
/// for them.
class MachineCounter : public Sensor {
  public:
    /// At least one of the two is needed.
    MachineCounter(std::unique_ptr<Sensor> platform, std::unique_ptr<Sensor> packages);
    const SensorInfo& info() const override { return platform_ ? platform_->info() : packages_->info(); }
    Reading read(base::Nanoseconds now) override;
    void restart(base::Nanoseconds now) override;

  private:
    std::unique_ptr<Sensor> platform_;
    std::unique_ptr<Sensor> packages_;
    base::Nanojoules platform_seen_{};  // both since the start, over readings in which both were valid
    base::Nanojoules packages_seen_{};
};

struct CounterSearch {
    std::unique_ptr<MachineCounter> counter;  // nothing if the machine has none that can be read
    std::string sentence;                     // what was found, or why nothing was and what helps
};

/// Opens the counters under `sysfs`.
CounterSearch find_machine_counter(const std::filesystem::path& sysfs, base::Nanoseconds now);

}  // namespace ergon::energy
