#include "client/server_request.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.h"
#include "client/server_message.h"

namespace ergon::client {

using base::ErrorCode;
using base::Nanoseconds;

namespace {

constexpr std::size_t longest_json = std::size_t{4} << 20;  // of what a server says of itself

}  // namespace

base::HttpRequest request_to(const std::string& url, const std::string& key, const RequestLimits& limits) {
    base::HttpRequest request;
    request.url = url;
    if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
    request.limits = {limits.connect, limits.total, limits.silence, limits.bytes};
    return request;
}

void refuse(const std::string& where, long status, const std::string& message) {
    const std::string said = message.empty() ? "without a message" : "with: " + message;
    if (status >= 300 && status < 400) {
        base::fail(ErrorCode::bad_argument,
                   "{} redirects (HTTP {}); give the new address, since redirects are not followed.", where, status);
    }
    if (status == 401 || status == 403) {
        base::fail(ErrorCode::bad_argument, "{}: authentication failed (HTTP {}, {}); check the API key.", where,
                   status, said);
    }
    const ErrorCode code = status == 404                   ? ErrorCode::not_found
                           : status >= 400 && status < 500 ? ErrorCode::bad_argument
                                                           : ErrorCode::system;
    base::fail(code, "{} responds with HTTP {}, {}.", where, status, said);
}

SelfReport self_report(const std::string& url, const std::string& key, const std::string& body) {
    RequestLimits limits;
    limits.connect = Nanoseconds(2'000'000'000);
    limits.total = limits.silence = Nanoseconds(5'000'000'000);
    limits.bytes = longest_json;
    base::HttpRequest request = request_to(url, key, limits);
    if (!body.empty()) {
        request.body = body;
        request.headers.emplace_back("Content-Type: application/json");
    }
    try {
        const base::HttpResponse response = base::http_request(request);
        nlohmann::json answer = response.status == 200 ? parse_answer(response.body) : nlohmann::json();
        return {true, answer.is_object() ? std::optional(std::move(answer)) : std::nullopt};
    } catch (const base::Error&) {
        return {};
    }
}

nlohmann::json get_json(const std::string& url, const std::string& key, const RequestLimits& limits) {
    base::HttpRequest request = request_to(url, key, limits);
    request.limits.bytes = std::min(limits.bytes, longest_json);
    request.limits.silence = std::min(limits.silence, Nanoseconds(30'000'000'000));  // nothing is computed for it
    const base::HttpResponse response = base::http_request(request);
    if (response.status != 200) refuse(url, response.status, server_message(response.body, key));
    nlohmann::json answer = parse_answer(response.body);
    if (answer.is_discarded()) base::fail(ErrorCode::bad_file, "The response from {} is not valid JSON.", url);
    return answer;
}

}  // namespace ergon::client
