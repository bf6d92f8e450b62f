#pragma once
// JSON in the columns of the results store.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_text.h"
#include "lab/sqlite.h"

namespace ergon::lab {

inline nlohmann::ordered_json parse(const Database& database, const std::string& text, std::string_view what) {
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        base::fail(base::ErrorCode::bad_file, "The results file {} holds broken JSON in {}.", database.path().string(),
                   what);
    }
    return json;
}

}  // namespace ergon::lab
