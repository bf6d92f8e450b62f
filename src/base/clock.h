#pragma once

#include <chrono>
#include <thread>

#include "base/units.h"

namespace ergon::base {

/// Monotonic time since an arbitrary start, the one clock of the work account and the sensors.
inline Nanoseconds now() {
    return Nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::steady_clock::now().time_since_epoch())
                           .count());
}

/// Lets this thread rest for so long, or a little longer.
inline void sleep_for(Seconds seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds.value()));
}

}  // namespace ergon::base
