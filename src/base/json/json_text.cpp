#include "base/json/json_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace ergon::base {

std::string json_reason(const nlohmann::detail::exception& error) {
    std::string_view what = error.what();
    if (const auto place_end = what.find("column "); place_end != std::string_view::npos) {
        what.remove_prefix(std::min(what.size(), what.find(": ", place_end) + 2));
    } else if (const auto tag_end = what.find("] "); tag_end != std::string_view::npos) {
        what.remove_prefix(tag_end + 2);
    }
    const auto last_read = what.find("; last read: ");
    if (last_read == std::string_view::npos) return std::string(what.substr(0, 200));
    const auto expected = what.rfind("; expected ");
    const std::string_view tail =
        expected != std::string_view::npos && expected > last_read ? what.substr(expected) : "";
    return fmt::format("{}{}", what.substr(0, last_read), tail);
}

}  // namespace ergon::base
