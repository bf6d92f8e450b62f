#pragma once
// What is wrong with a request, in the shape that OpenAI's clients know.

#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/error.h"
#include "server/http/exchange.h"

namespace ergon::server {

/// A refusal with its status. `param` names the field, "messages[1].role"; empty: none.
class ApiError : public std::runtime_error {
  public:
    ApiError(int status, std::string param, const std::string& message, std::string code = {})
        : std::runtime_error(message), status_(status), param_(std::move(param)), code_(std::move(code)) {}
    int status() const { return status_; }
    const std::string& param() const { return param_; }
    const std::string& code() const { return code_; }

  private:
    int status_;
    std::string param_, code_;
};

/// {"error": {"message": ..., "type": ..., "param": ..., "code": ...}}
Reply error_reply(const ApiError& error);
/// What ergon itself throws: what the client asked for wrongly is 400, else it is 500.
ApiError api_error_of(const base::Error& error);

/// Throws ApiError(400).
template <typename... Args>
[[noreturn]] void refuse(const std::string& param, fmt::format_string<Args...> format, Args&&... args) {
    throw ApiError(400, param, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ergon::server
