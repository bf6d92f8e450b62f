#pragma once
// One request to a server, its limits, and what its refusals mean.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/http.h"
#include "base/units.h"

namespace ergon::client {

struct RequestLimits {
    base::Nanoseconds connect{10'000'000'000};
    base::Nanoseconds silence{300'000'000'000};  // a long prompt is read in silence
    base::Nanoseconds total{3'600'000'000'000};  // of one attempt
    std::size_t bytes = std::size_t{256} << 20;  // of the stream
    // After a failure that may pass: nobody there, silence, a broken stream, HTTP 408, 425, 429, 5xx.
    int retries = 6;
    base::Nanoseconds first_wait{1'000'000'000};      // doubled each time, where the server does not name one
    base::Nanoseconds longest_wait{300'000'000'000};  // who asks for more is given up
    base::Nanoseconds patience{1'200'000'000'000};    // from the first attempt on; then none begins any more
    std::uint64_t seed = 0;                           // of the waits' jitter
};

/// With the key as a bearer token if it is not empty.
base::HttpRequest request_to(const std::string& url, const std::string& key, const RequestLimits& limits);

/// What a status other than 200 to 299 means. Throws Error: bad_argument for what the request or the key got refused,
/// not_found for 404, system for what the server failed at.
[[noreturn]] void refuse(const std::string& where, long status, const std::string& message);

/// The answer to a GET. Throws as `chat_completion`, and does not try again.
nlohmann::json get_json(const std::string& url, const std::string& key, const RequestLimits& limits);

/// What a server says of itself.
struct SelfReport {
    bool answered = false;               // somebody is there, whatever they say
    std::optional<nlohmann::json> said;  // if that is a JSON object
};

/// The answer to a GET, or to a POST of `body` if that is not empty. One try of a few seconds; throws nothing.
SelfReport self_report(const std::string& url, const std::string& key, const std::string& body = {});

}  // namespace ergon::client
