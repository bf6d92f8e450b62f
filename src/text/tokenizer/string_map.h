#pragma once
// A hash map by string that can be asked with a string_view.

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ergon::text {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <typename Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

}  // namespace ergon::text
