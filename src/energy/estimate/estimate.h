#pragma once
// What a machine without counters is taken to draw: this share of it at the wall, from its processor and its memory,
// with a wide interval. docs/energy.md argues the model.

#include <string>

#include "base/units.h"
#include "energy/ledger/ledger.h"
#include "energy/machine/machine_share.h"
#include "energy/machine/power_range.h"
#include "energy/machine/processor.h"
#include "energy/machine/processor_class.h"
#include "energy/machine/processor_table.h"

namespace ergon::energy {

struct Calibration;

/// Relative standard deviation of what one kind of work takes per busy thread, about what another one takes, where no
/// calibration tells. Assumed: spinning, streaming and multiplying differ by more, but an answer of any model is a
/// mixture of products that wait for memory, and mixtures differ by less than what they are made of.
inline constexpr double assumed_kind_of_work_sd = 0.08;

/// The part of the power above idle that a machine draws while `load` (0 to 1) of its threads are busy. Concave: the
/// first tenth of the load takes 2.4 times its share. Through the medians of Teads' instances at 10% and 50% of load
/// (0.24 and 0.64 of 20 kinds of machines; 0.15 to 0.26 and 0.52 to 0.73).
double power_share(double load);

/// What a byte from memory takes at the wall. Assumed: 10 to 20 pJ for a bit of DDR4 and DDR5 are 80 to 160 pJ for a
/// byte; the ends allow for older memory and the losses on the way.
struct JoulesPerByte {
    double value = 120e-12, low = 72e-12, high = 200e-12;
};
inline constexpr JoulesPerByte memory_byte{};

/// What joules are counted or estimated of. What is outside all of them: see `outside_words`.
enum class Boundary {
    machine,               // at the wall: processor, memory, board, fans, power supply
    processor_and_memory,  // as the processor's own counters have it
    processor,
    processor_and_cards,  // with memory where that has a counter
};
/// "this share of the machine at the wall", to stand behind a figure.
std::string_view boundary_words(Boundary boundary);
/// One line, the same for every boundary.
inline constexpr std::string_view outside_words =
    "not included unless a sensor covers them: graphics cards and displays; never included: network, cooling of the "
    "room (PUE), manufacture of the machine (embodied)";

/// E = idle power x time + active power x busy thread time, the latter concave.
struct MachineEstimate {
    /// From the processor's design power where it is known, else from its class; of this share of the machine.
    MachineEstimate(const Processor& processor, const MachineShare& share,
                    const ProcessorTable& table = ProcessorTable::shipped());
    /// Of the whole visible machine, with as much memory as such machines have.
    explicit MachineEstimate(const Processor& processor);
    /// From this machine's own calibration, as much of it as the share is.
    MachineEstimate(const Processor& processor, const MachineShare& share, const Calibration& calibration);

    std::string basis;              // what it rests on: "the design power of ..."
    PowerRange idle;                // of this share
    PowerRange active_per_thread;   // on average with all threads busy; what is read from memory apart
    PowerRange traffic_per_thread;  // what memory takes for that on top where nobody knows the bytes
    PowerRange platform, memory;    // the parts of `idle` that are the rest of the machine and its memory
    double processors = 1;          // hardware threads' worth
    int threads = 1;                // the same as whole threads
    bool concave = false;  // power rises less and less with load: not where there is one thread, nor where calibrated
    Boundary boundary = Boundary::machine;
    /// How far the watts of a busy thread depend on what it computes, beyond what bytes and operations explain: a
    /// relative standard deviation, and what it rests on. It does not cancel between two models.
    double kind_of_work_sd = assumed_kind_of_work_sd;
    std::string kind_of_work_source = "assumed";

    /// For a sentence: the basis, and the watts.
    std::string description() const;
    /// Takes out what a counter with this boundary does not see, so that time which it missed can be filled.
    void limit_to(Boundary inner);
    /// For work whose bytes nobody counts: what memory takes for them becomes part of active power.
    void include_traffic();

    /// Idle, with so many threads busy.
    base::Watts power_of(int busy_threads) const;
    /// The most threads whose power stays within `watts`; 0 if one takes more.
    int threads_within(base::Watts watts) const;
    base::Nanojoules idle_energy(base::Nanoseconds elapsed) const;
    /// Busy time beyond all threads for all of `elapsed` counts as that.
    base::Nanojoules active_energy(base::Nanoseconds busy, base::Nanoseconds elapsed) const;
    /// For the ledger: bytes of weights and cache come from memory, unless a step's fit into caches.
    WorkCost work_cost() const;

  private:
    void set_memory(const MemoryPower& memory_power, const MachineShare& share);
};

/// Of a busy thread whose work is not known, on a calibrated machine: from its cheapest workload to its dearest, and
/// 30% either way at least.
PowerRange any_work(const Calibration& calibration);

/// power x time, rounded to a nanojoule.
base::Nanojoules energy_of(base::Watts power, base::Nanoseconds time);

}  // namespace ergon::energy
