#pragma once
// The one exception of ergon. It is thrown by whatever meets outside data; hot paths do not throw.

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace ergon::base {

enum class ErrorCode {
    bad_file,       // a file's content is not what its format promises
    bad_argument,   // a value given by the caller or the user makes no sense
    not_found,      // a file, tensor, model or name does not exist
    unsupported,    // understood, but not something ergon can do
    system,         // the operating system refused (read, map, permission)
    out_of_budget,  // memory, context or another limit would be exceeded
};

/// One clear sentence: what, where, what was expected, what to do.
class Error : public std::runtime_error {
  public:
    Error(ErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
    ErrorCode code() const { return code_; }

  private:
    ErrorCode code_;
};

/// Throws an Error with a formatted sentence.
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
    throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ergon::base
