#pragma once
// JSON as text, whatever bytes its strings hold.

#include <nlohmann/json.hpp>
#include <string>

#include "base/strings/characters.h"

namespace ergon::base {

/// JSON must be UTF-8, and answers, labels and names need not be: what is no character is replaced by U+FFFD, which is
/// warned of once.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
    try {
        return json.dump(indent);
    } catch (const typename Json::type_error& not_utf8) {
        warn_of_replacement();
        return json.dump(indent, ' ', false, Json::error_handler_t::replace);
    }
}

/// The library's reason without its own prefix, place and the (unbounded) text that it read last.
std::string json_reason(const nlohmann::detail::exception& error);

}  // namespace ergon::base
