#pragma once
// Template source to tokens: Jinja's syntax with trim_blocks and lstrip_blocks, as models' templates are written for.

#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/value.h"

namespace ergon::text::jinja {

enum class TokenKind : std::uint8_t {
    data,
    variable_begin,
    variable_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    real,
    symbol,
    end
};

struct Token {
    TokenKind kind;
    int line;
    std::string text;     // of data, names and symbols; of strings without quotes and escapes
    Integer integer = 0;  // of an integer
    double real = 0;      // of a real
};

/// A template that cannot be parsed, and where.
class SyntaxError : public std::runtime_error {
  public:
    SyntaxError(int line, const std::string& reason) : std::runtime_error(reason), line_(line) {}
    int line() const { return line_; }

  private:
    int line_;
};

/// The tokens of a whole template; the last is `end`. Line breaks become '\n', one at the very end is dropped, white
/// space is taken from around tags as their signs say. Throws SyntaxError.
std::vector<Token> tokenize(std::string_view source);

}  // namespace ergon::text::jinja
