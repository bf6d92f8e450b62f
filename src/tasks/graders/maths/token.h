#pragma once
// The words of a mathematical text: one spelling for what LaTeX, Unicode and Markdown write in many.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks::maths {

enum class TokenKind : std::uint8_t {
    digits,   // "042"
    letters,  // "cm", "x"; also single letters of other alphabets
    symbol,   // + - * / ^ _ = < > ( ) [ ] { } | , . ; : ! % ' & ° $, "\{" "\}" and "\\" of LaTeX
    command,  // "frac", "sqrt", "pi", "infty", "le", "cup", ...: LaTeX's name, also of Unicode's ≤ and π
    words,    // the content of \text{...} and its like
    other,    // what is part of no formula
    end
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;
    std::size_t begin = 0, end = 0;  // bytes of the source
    bool blank = false;              // white space stands before it
    bool thin = false;               // what stands before it is a blank that some write between groups of digits
    bool line = false;               // it is the first of its line

    bool is(TokenKind a_kind, std::string_view a_text) const { return kind == a_kind && text == a_text; }
    bool symbol(std::string_view a_text) const { return is(TokenKind::symbol, a_text); }
    bool command(std::string_view a_text) const { return is(TokenKind::command, a_text); }
};

/// The tokens, closed by one of kind `end`. \left, \right, \displaystyle, \!, $ of formulas, \( \) \[ \] and Markdown's
/// ** and _ around words are none. \dfrac is \frac; ½ is \frac{1}{2}; x² is x^{2}; ^\circ is °; \$ and € are $; {,} is
/// "{,}".
std::vector<Token> tokens_of(std::string_view text);

/// Where the brace that opens at `open` is closed; npos if it is not.
std::size_t closing_brace(std::string_view text, std::size_t open);

}  // namespace ergon::tasks::maths
