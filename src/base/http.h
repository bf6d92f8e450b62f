#pragma once
// Asking a server on the network, and hearing its answer as it comes.

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace ergon::base {

struct HttpLimits {
    Nanoseconds connect{2'000'000'000};
    Nanoseconds total{2'000'000'000};
    std::optional<Nanoseconds> silence;        // for so long no byte may fail to come; none: as long as `total`
    std::size_t bytes = std::size_t{4} << 20;  // of the answer
};

struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;  // "Name: value"; they may hold keys, and no sentence repeats them
    std::optional<std::string> body;   // sent by POST; none: GET
    HttpLimits limits;
    /// Given the bytes of a good answer (status 200 to 299) as they come, instead of HttpResponse::body. False ends the
    /// transfer: enough was heard. What it throws ends the transfer and is thrown on.
    std::function<bool(std::string_view)> on_bytes;
    const std::atomic<bool>* cancelled = nullptr;  // looked at twenty times a second
};

struct HttpResponse {
    long status = 0;  // 200 if all went well
    std::string body;
    Nanoseconds retry_after{};  // what a server that refuses asks to wait; 0 if it says nothing
};

/// Without redirects and without a proxy; certificates are checked. A user and password may stand in the address
/// (http://user:password@host). Throws Error(bad_argument) if it is no address of http or https or a header holds a
/// control character, Error(system) if nobody answers in time, the answer breaks off or the request is cancelled,
/// Error(out_of_budget) if the answer is too long.
HttpResponse http_request(const HttpRequest& request);

/// GET.
HttpResponse http_get(const std::string& url, const HttpLimits& limits = {});

/// What an address says of its server, read by the same rules as a request to it.
struct Url {
    std::string scheme;  // "http" or "https"
    std::string host;    // lower case; an IPv4 address in its usual form; an IPv6 address without its brackets
    int port = 0;        // that of the scheme where none is named
    std::string path;    // begins with a slash
    bool has_credentials = false;
    bool has_query = false;
};

/// Throws Error(bad_argument) if it is no address of http or https.
Url parse_url(const std::string& url);

}  // namespace ergon::base
