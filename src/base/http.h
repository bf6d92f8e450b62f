#pragma once
// Asking a server on the network a short question.

#include <cstddef>
#include <string>

#include "base/units.h"

namespace ergon::base {

struct HttpLimits {
    Nanoseconds connect{2'000'000'000};
    Nanoseconds total{2'000'000'000};
    std::size_t bytes = std::size_t{4} << 20;  // of the answer
};

struct HttpResponse {
    long status = 0;  // 200 if all went well
    std::string body;
};

/// GET of an http or https address, without redirects and without a proxy. A user and password may stand in the address
/// (http://user:password@host). Throws Error(bad_argument) if it is no such address, Error(system) if nobody answers in
/// time, Error(out_of_budget) if the answer is too long.
HttpResponse http_get(const std::string& url, const HttpLimits& limits = {});

/// The address without user and password, for sentences.
std::string without_credentials(const std::string& url);

}  // namespace ergon::base
