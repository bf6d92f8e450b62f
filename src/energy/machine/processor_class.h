#pragma once
// Processors that draw about alike, and what they are taken to draw. docs/energy.md argues the constants and the width.

#include <span>
#include <string_view>

#include "energy/machine/power_range.h"
#include "energy/machine/processor.h"

namespace ergon::energy {

/// Watts for each GB (2^30 bytes) of memory that belongs to the machine.
struct MemoryPower {
    PowerRange idle;
    PowerRange traffic;               // more, with all threads busy, where nobody knows what they move
    PowerRange gigabytes_per_thread;  // GB, where the system does not say how much there is
};

/// For one and for another measure: watts per hardware thread, or shares of the design power where that is known. At
/// the wall, without memory and graphics cards.
struct ProcessorClass {
    std::string_view description;
    PowerRange idle_per_thread;    // drawn all the time, per visible hardware thread
    PowerRange active_per_thread;  // drawn on top by each hardware thread while all are busy
    PowerRange idle_share;         // of a watt of design power; with all threads busy `active_share` on top
    PowerRange active_share;
    MemoryPower memory;
};

std::span<const ProcessorClass> processor_classes();

const ProcessorClass& classify(const Processor& processor);

/// Whether the vendor makes x86 processors, which say whether they are a virtual machine's.
bool is_x86(const Processor& processor);

}  // namespace ergon::energy
