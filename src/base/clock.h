#pragma once
// The clocks of the program: time that passes, and processor time.

#include <chrono>
#include <cstdint>
#include <ctime>
#include <thread>

#include "base/units.h"

namespace ergon::base {

/// Monotonic time since an arbitrary start, the one clock of the work account and the sensors.
inline Nanoseconds now() {
    return Nanoseconds(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
}

/// Processor time of this thread so far.
inline Nanoseconds thread_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return Nanoseconds(std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

/// Lets this thread rest for so long, or a little longer.
inline void sleep_for(Seconds seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds.value()));
}

}  // namespace ergon::base
