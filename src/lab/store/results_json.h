#pragma once
// JSON in the columns of the results store.

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "lab/store/sqlite.h"

namespace ergon::lab {

inline nlohmann::ordered_json parse(const Database& database, const std::string& text, std::string_view what) {
    try {
        return base::parse_json(text, what);
    } catch (const base::Error& error) {
        base::fail(base::ErrorCode::bad_file, "The results file {} is damaged: {}.", database.path().string(),
                   error.what());
    }
}

/// An object, or null for nothing.
inline nlohmann::ordered_json parse_object(const Database& database, const std::string& text, std::string_view what) {
    nlohmann::ordered_json json = parse(database, text, what);
    if (!json.is_object() && !json.is_null()) {
        base::fail(base::ErrorCode::bad_file, "The results file {} is damaged: no JSON object is left of {}.",
                   database.path().string(), what);
    }
    return json;
}

}  // namespace ergon::lab
