#pragma once
// How requests to an OpenAI-compatible server are sent, and its refusals told.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "client/endpoint.h"

namespace ergon::client {

/// The answer to a GET. Throws as `chat_completion`, and does not try again.
nlohmann::json get_json(const std::string& url, const std::string& key, const AskLimits& limits);

/// What a server says of itself.
struct SelfReport {
    bool answered = false;               // somebody is there, whatever they say
    std::optional<nlohmann::json> said;  // if that is a JSON object
};

/// The answer to a GET, or to a POST of `body` if that is not empty. One try of a few seconds; throws nothing.
SelfReport self_report(const std::string& url, const std::string& key, const std::string& body = {});

}  // namespace ergon::client
