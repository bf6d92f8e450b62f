#pragma once
// What a machine without counters is taken to draw: from its processor's class, with a wide interval. docs/energy.md
// argues the constants and the width.

#include <span>
#include <string_view>

#include "base/units.h"
#include "energy/processor.h"

namespace ergon::energy {

/// A power with its 95% interval.
struct PowerRange {
    base::Watts value{};
    base::Watts low{};
    base::Watts high{};

    friend constexpr PowerRange operator*(const PowerRange& power, double factor) {
        return {power.value * factor, power.low * factor, power.high * factor};
    }
    /// The ends as factors of the value.
    constexpr double low_factor() const { return low / value; }
    constexpr double high_factor() const { return high / value; }
};

/// Processors that draw about alike per hardware thread. Processor and memory; not disks, fans, power supply.
struct ProcessorClass {
    std::string_view description;
    PowerRange idle_per_thread;    // drawn all the time, per visible hardware thread
    PowerRange active_per_thread;  // drawn on top by each hardware thread while it is busy
};

std::span<const ProcessorClass> processor_classes();

const ProcessorClass& classify(const Processor& processor);

/// E = idle power x time + active power x busy thread time.
struct MachineEstimate {
    explicit MachineEstimate(const Processor& processor);

    const ProcessorClass* processor_class;
    PowerRange idle;  // the whole visible machine
    PowerRange active_per_thread;
    int threads;

    base::Nanojoules idle_energy(base::Nanoseconds elapsed) const;
    /// Busy time beyond all threads for all of `elapsed` counts as that.
    base::Nanojoules active_energy(base::Nanoseconds busy, base::Nanoseconds elapsed) const;
};

/// power x time, rounded to a nanojoule.
base::Nanojoules energy_of(base::Watts power, base::Nanoseconds time);

}  // namespace ergon::energy
