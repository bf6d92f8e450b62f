#pragma once
// What a machine without counters is taken to draw: from its processor's class, with a wide interval. docs/energy.md
// argues the constants and the width.

#include <span>
#include <string>
#include <string_view>

#include "base/units.h"
#include "energy/power_range.h"
#include "energy/processor.h"
#include "energy/processor_table.h"

namespace ergon::energy {

/// Processors that draw about alike, for one and for another measure: watts per hardware thread, or shares of their
/// thermal design power where that is known.
struct ProcessorClass {
    std::string_view description;
    PowerRange idle_per_thread;    // drawn all the time, per visible hardware thread
    PowerRange active_per_thread;  // drawn on top by each hardware thread while it is busy
    PowerRange idle_share;         // of a watt of design power; with all threads busy `active_share` on top
    PowerRange active_share;
};

std::span<const ProcessorClass> processor_classes();

const ProcessorClass& classify(const Processor& processor);

struct Calibration;

/// Relative standard deviation of what one kind of work takes per busy thread, about what another one takes, where no
/// calibration tells. Assumed: spinning, streaming and multiplying differ by more, but an answer of any model is a
/// mixture of products that wait for memory, and mixtures differ by less than what they are made of.
inline constexpr double assumed_kind_of_work_sd = 0.08;

/// E = idle power x time + active power x busy thread time.
struct MachineEstimate {
    /// From the processor's design power where it is known, else from its class.
    explicit MachineEstimate(const Processor& processor);
    MachineEstimate(const Processor& processor, const ProcessorTable& table);
    /// From this machine's own calibration.
    MachineEstimate(const Processor& processor, const Calibration& calibration);

    std::string description;  // what it rests on, for a sentence: "the processor's class (...)"
    PowerRange idle;          // the whole visible machine
    PowerRange active_per_thread;
    int threads = 1;
    /// How far the watts of a busy thread depend on what it computes, beyond what bytes and operations explain: a
    /// relative standard deviation, and what it rests on. It does not cancel between two models.
    double kind_of_work_sd = assumed_kind_of_work_sd;
    std::string kind_of_work_source = "assumed";

    /// Idle, with so many threads busy.
    base::Watts power_of(int busy_threads) const;
    /// The most threads whose power stays within `watts`; 0 if one takes more.
    int threads_within(base::Watts watts) const;
    base::Nanojoules idle_energy(base::Nanoseconds elapsed) const;
    /// Busy time beyond all threads for all of `elapsed` counts as that.
    base::Nanojoules active_energy(base::Nanoseconds busy, base::Nanoseconds elapsed) const;

  private:
    std::string range_words() const;
};

/// Of a busy thread whose work is not known, on a calibrated machine: from its cheapest workload to its dearest, and
/// 30% either way at least.
PowerRange any_work(const Calibration& calibration);

/// power x time, rounded to a nanojoule.
base::Nanojoules energy_of(base::Watts power, base::Nanoseconds time);

}  // namespace ergon::energy
