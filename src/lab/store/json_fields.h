#pragma once
// Fields of stored JSON: of what is missing or has another shape nothing is known.

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ergon::lab {

/// null where there is no such field.
inline const nlohmann::ordered_json& field(const nlohmann::ordered_json& object, const char* key) {
    static const nlohmann::ordered_json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

inline std::string text_field(const nlohmann::ordered_json& object, const char* key) {
    const nlohmann::ordered_json& value = field(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

inline std::optional<double> real_field(const nlohmann::ordered_json& object, const char* key) {
    const nlohmann::ordered_json& value = field(object, key);
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

inline std::optional<std::int64_t> count_field(const nlohmann::ordered_json& object, const char* key) {
    constexpr double most = 1e18;
    const std::optional<double> value = real_field(object, key);
    if (!value || !(std::abs(*value) <= most)) return std::nullopt;
    return std::llround(*value);
}

inline std::optional<bool> flag_field(const nlohmann::ordered_json& object, const char* key) {
    const nlohmann::ordered_json& value = field(object, key);
    return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

inline std::vector<std::string> texts_field(const nlohmann::ordered_json& object, const char* key) {
    std::vector<std::string> texts;
    const nlohmann::ordered_json& list = field(object, key);
    if (!list.is_array()) return texts;
    for (const nlohmann::ordered_json& one : list) {
        if (one.is_string()) texts.push_back(one);
    }
    return texts;
}

template <typename T>
nlohmann::ordered_json value_or_null(const std::optional<T>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

}  // namespace ergon::lab
