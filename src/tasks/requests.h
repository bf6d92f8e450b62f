#pragma once
// How requests to an OpenAI-compatible server are sent, and its refusals told.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "tasks/endpoint.h"

namespace ergon::tasks {

/// The answer to a GET. Throws as `ask`, and does not try again.
nlohmann::json get_json(const std::string& url, const std::string& key, const AskLimits& limits);

/// The JSON object with which a server answers a GET, or a POST of `body` if that is not empty; nothing if it answers
/// otherwise, or not at all.
std::optional<nlohmann::json> object_at(const std::string& url, const std::string& key, const std::string& body = {});

}  // namespace ergon::tasks
