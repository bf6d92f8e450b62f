#pragma once
// Numbers in running text, of people and of models.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tasks/graders/maths/rational.h"
#include "tasks/graders/maths/token.h"

namespace ergon::tasks::maths {

struct Number {
    Rational value;
    std::int64_t decimals = 0;       // places behind the point that were written; 0: exact
    bool percent = false;            // a % (or "percent") stood behind it; the value is what stood before it
    std::size_t begin = 0, end = 0;  // in the text; sign, currency and percent included
};

/// The numbers of a text in their order: as read_literal has them, where a comma may be a decimal one, and fractions
/// (3/4, \frac{3}{4}, 1 3/4), powers (2^10), scientific notation (1.2*10^5), sizes (3 million, 1.5k), signs (-5, minus
/// 5;
/// "- 5" behind a colon or an equals sign, but not at the beginning of a line, where a list's mark stands). What is
/// part of a word, an exponent, a root or a multiple of one (H2O, m^2, 2\pi), a version or a date is none.
std::vector<Number> numbers_in(std::string_view text);
std::vector<Number> numbers_in(std::span<const Token> tokens);

/// The number that is all of the text, in any of these notations.
std::optional<Number> whole_number_of(std::string_view text);

/// Whether `found` is `right`: exactly if both are exact or a tolerance (relative) is given that it keeps; else, where
/// one is a decimal fraction, to the places that are written and to a relative 1e-6, so that 0.33333333 is 1/3.
bool same_number(const Rational& right, std::int64_t right_decimals, const Rational& found, std::int64_t found_decimals,
                 std::optional<double> tolerance);

/// Relative. Assumed: seven equal digits are the same number where one is rounded, since no test asks for more.
inline constexpr double rounding_tolerance = 1e-6;

}  // namespace ergon::tasks::maths
