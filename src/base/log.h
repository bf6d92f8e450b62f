#pragma once
// Quiet by default: warnings and worse go to stderr, more with set_log_level.

#include <spdlog/spdlog.h>

namespace ergon::base {

/// The logger of the whole program: plain lines on stderr, warnings and worse unless told otherwise.
inline spdlog::logger& log() {
    return *spdlog::default_logger_raw();
}

/// Called once by the program before anything is logged.
void set_up_log(spdlog::level::level_enum level = spdlog::level::warn);

}  // namespace ergon::base
