#include "server/api/api_error.h"

#include "base/json/json.h"
#include "base/json/json_text.h"

namespace ergon::server {
namespace {

const char* type_of(int status) {
    switch (status) {
        case 401: return "authentication_error";
        case 403: return "permission_error";
        case 404: return "not_found_error";
        case 429: return "rate_limit_error";
        default: return status >= 500 ? "server_error" : "invalid_request_error";
    }
}

base::Json or_null(const std::string& text) {
    return text.empty() ? base::Json() : base::Json(text);
}

}  // namespace

Reply error_reply(const ApiError& error) {
    const base::Json json{{"error",
                           {{"message", error.what()},
                            {"type", type_of(error.status())},
                            {"param", or_null(error.param())},
                            {"code", or_null(error.code())}}}};
    Reply reply{.status = error.status(), .body = base::json_text(json)};
    if (error.status() == 429 || error.status() == 503) reply.headers.emplace_back("Retry-After", "1");
    return reply;
}

ApiError api_error_of(const base::Error& error) {
    using base::ErrorCode;
    switch (error.code()) {
        case ErrorCode::out_of_budget: return {400, "messages", error.what(), "context_length_exceeded"};
        case ErrorCode::bad_argument:
        case ErrorCode::unsupported: return {400, {}, error.what()};
        case ErrorCode::not_found: return {404, {}, error.what()};
        default: return {500, {}, error.what()};
    }
}

}  // namespace ergon::server
