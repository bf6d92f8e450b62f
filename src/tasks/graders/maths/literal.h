#pragma once
// Numbers as they are written in digits: the one grammar of them, for running text and for formulas.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tasks/graders/maths/rational.h"
#include "tasks/graders/maths/token.h"

namespace ergon::tasks::maths {

/// What a comma between digits, without a blank, is taken for.
enum class Commas : std::uint8_t {
    groups,   // 1,234 is a number, 1,5 are two: formulas
    list,     // 1,234 are two numbers, 1,000 is one: inside brackets
    decimal,  // 1,234 is a number, and 1,5 is one: running text
};

struct Literal {
    Rational value;
    std::int64_t decimals = 0;  // places behind the point that were written; 0: exact
    std::string digits;         // as written, if there is nothing but digits
    std::size_t next = 0;       // the token behind it
};

/// The number that begins at a token, without a sign: 1234, 1,234 1_234 1'234 1 234 (also with thin blanks) 1{,}234
/// 1.234.567 1,00,000; 2.5 .5 2{,}5 1.234,56 0.1\overline{6}; 1.2e5. Groups are of three digits, or as in India of two
/// before the last.
std::optional<Literal> read_literal(std::span<const Token> tokens, std::size_t at, Commas commas);

/// A fraction of literals behind a whole number, "1/4" or \frac14, less than one: what makes it a mixed number.
struct Fraction {
    Rational value;
    std::size_t next = 0;
};
std::optional<Fraction> read_mixed_fraction(std::span<const Token> tokens, std::size_t at);

}  // namespace ergon::tasks::maths
