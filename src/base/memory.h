#pragma once
// How much memory may still be asked for.

#include <string>

#include "base/units.h"

namespace ergon::base {

/// Memory that programs can still get without pushing others to the disk (MemAvailable of /proc/meminfo). The largest number if the
/// machine does not say.
Bytes available_memory();

/// Bytes as people write them: "1.4 GB" (powers of 1000).
std::string readable(Bytes bytes);

}  // namespace ergon::base
