#include "engine/generation/stop_strings.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace ergon::engine {

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
    for (const std::string& stop : stops_) {
        if (stop.empty())
            base::fail(base::ErrorCode::bad_argument, "A stop string is empty: it would end every answer.");
    }
}

std::string StopStrings::push(std::string_view text) {
    if (hit_) return {};
    held_.append(text);
    std::size_t begin = free_length();
    std::size_t first_end = std::string::npos;
    for (const std::string& stop : stops_) {
        const std::size_t found = held_.find(stop);
        if (found == std::string::npos) continue;
        const std::size_t end = found + stop.size();
        if (end > first_end || (end == first_end && found > begin)) continue;
        hit_ = true;
        begin = found;
        first_end = end;
    }
    std::string out = held_.substr(0, begin);
    held_.erase(0, hit_ ? held_.size() : out.size());
    return out;
}

std::string StopStrings::finish() {
    return std::exchange(held_, {});
}

/// How much of `held_` lies before the longest end of it that begins a stop string.
std::size_t StopStrings::free_length() const {
    std::size_t free = held_.size();
    for (const std::string& stop : stops_) {
        const std::size_t longest = std::min(stop.size() - 1, held_.size());
        for (std::size_t n = longest; n > 0; --n) {
            if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, n))) {
                free = std::min(free, held_.size() - n);
                break;
            }
        }
    }
    return free;
}

}  // namespace ergon::engine
