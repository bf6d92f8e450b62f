#pragma once
// What the protocol of a run says.

#include <nlohmann/json.hpp>

#include "lab/store/results.h"

namespace ergon::lab {

/// What the protocol of a run says of throttling.
inline constexpr const char* throttling_seen = "visible: the kernel counts it";
inline constexpr const char* throttling_not_seen = "not visible: the kernel counts none here";
/// Whether it could have throttled without anybody seeing it. Runs of older versions do not say.
inline bool throttled_unseen(const RunDescription& run) {
    return run.protocol.contains("throttling") && run.protocol["throttling"] == throttling_not_seen;
}

}  // namespace ergon::lab
