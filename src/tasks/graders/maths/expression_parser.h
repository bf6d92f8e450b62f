#pragma once
// Formulas of LaTeX and of plain text, read into a tree.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/graders/maths/expression.h"
#include "tasks/graders/maths/literal.h"
#include "tasks/graders/maths/token.h"

namespace ergon::tasks::maths {

struct ParsedExpression {
    Expression expression;
    std::size_t next = 0;  // the token behind it
    bool percent = false;  // a % stood in it; its value is what stood before the sign
    bool degrees = false;  // the same for °, outside of sin(30°)
    std::string digits;    // of a number in a base: as written, with the base in `base`
    unsigned base = 0;
};

/// The longest formula that begins at a token: sums, products (also without a sign: 2x), quotients, powers, roots,
/// mixed numbers, numbers in bases (101_2), functions, absolute values, factorials, \pm. Nothing if there is none, or
/// one nested deeper than 40.
std::optional<ParsedExpression> parse_expression(std::span<const Token> tokens, std::size_t at, Commas commas);

}  // namespace ergon::tasks::maths
