#pragma once

#include <chrono>

#include "base/units.h"

namespace ergon::base {

/// Monotonic time since an arbitrary start, the one clock of the work account and the sensors.
inline Nanoseconds now() {
    return Nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::steady_clock::now().time_since_epoch())
                           .count());
}

}  // namespace ergon::base
