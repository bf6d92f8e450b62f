#pragma once
// How much memory may still be asked for.

#include <string>

#include "base/units.h"

namespace ergon::base {

/// Memory that this process can still get: what the machine has left without pushing others to the disk, or what the
/// limit of the process's control group (containers) leaves, whichever is less. The largest number if the system does
/// not say.
Bytes available_memory();

/// Makes one sentence on stderr and exit code 1 of memory that ran out where no exception can pass: in a thread, in a
/// destructor. For programs, not libraries.
void install_out_of_memory_guard();

/// Bytes as people write them: "1.4 GB" (powers of 1000).
std::string readable(Bytes bytes);

}  // namespace ergon::base
