#include "report/markup/json_facts.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/json/json_text.h"

namespace ergon::report {
namespace {

std::string in_words(std::string key) {
    std::replace(key.begin(), key.end(), '_', ' ');
    return key;
}

/// A value of the run's JSON as a reader would say it; a setting with where it comes from in parentheses.
std::string said(const nlohmann::ordered_json& value) {
    if (value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty())) return "none";
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_structured()) return base::json_text(value);
    if (value.is_object() && value.size() == 2 && value.contains("value") && value.contains("from")) {
        return fmt::format("{} ({})", said(value["value"]), said(value["from"]));
    }
    std::vector<std::string> parts;
    for (const auto& [key, part] : value.items()) {
        parts.push_back(value.is_array() ? said(part) : fmt::format("{} {}", in_words(key), said(part)));
    }
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

Facts json_facts(const nlohmann::ordered_json& json) {
    Facts facts;
    if (!json.is_object()) return facts;
    for (const auto& [key, value] : json.items()) {
        facts.facts.emplace_back(in_words(key), said(value));
    }
    return facts;
}

}  // namespace ergon::report
