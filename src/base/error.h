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
    Error(ErrorCode code, std::string sentence) : std::runtime_error(without_zeros(std::move(sentence))), code_(code) {}
    ErrorCode code() const { return code_; }

  private:
    /// What ends a C string would end the sentence.
    static std::string without_zeros(std::string sentence) {
        for (std::size_t at = 0; (at = sentence.find('\0', at)) != sentence.npos;) sentence.replace(at, 1, "\\0");
        return sentence;
    }
    ErrorCode code_;
};

/// Throws an Error with a formatted sentence.
template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
    throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ergon::base
