#include "engine/generation/stop_strings.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace ergon::engine {

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
    for (const std::string& stop : stops_) {
        if (stop.empty())
            base::fail(base::ErrorCode::bad_argument,
                       "A stop string is empty and would end every answer; give a non-empty string.");
    }
}

std::string StopStrings::push(std::string_view text) {
    if (hit_) return {};
    pending_.append(text);
    std::size_t begin = free_length();
    std::size_t first_end = std::string::npos;
    for (const std::string& stop : stops_) {
        const std::size_t found = pending_.find(stop);
        if (found == std::string::npos) continue;
        const std::size_t end = found + stop.size();
        if (end > first_end || (end == first_end && found > begin)) continue;
        hit_ = true;
        begin = found;
        first_end = end;
    }
    std::string out = pending_.substr(0, begin);
    pending_.erase(0, hit_ ? pending_.size() : out.size());
    return out;
}

std::string StopStrings::finish() {
    return std::exchange(pending_, {});
}

/// How much of `pending_` lies before the longest end of it that begins a stop string.
std::size_t StopStrings::free_length() const {
    std::size_t free = pending_.size();
    for (const std::string& stop : stops_) {
        const std::size_t longest = std::min(stop.size() - 1, pending_.size());
        for (std::size_t n = longest; n > 0; --n) {
            if (std::string_view(pending_).ends_with(std::string_view(stop).substr(0, n))) {
                free = std::min(free, pending_.size() - n);
                break;
            }
        }
    }
    return free;
}

}  // namespace ergon::engine
