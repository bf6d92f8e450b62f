#pragma once
// The numbers game: an expression of given numbers that comes to a target, evaluated exactly.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ergon::tasks {

/// A fraction in lowest terms; the denominator is positive.
struct Rational {
    std::int64_t top = 0, bottom = 1;
    bool operator==(const Rational&) const = default;
};

/// An expression's value, and the numbers that it is made of, in their order.
struct Evaluated {
    Rational value;
    std::vector<std::int64_t> numbers;
};

/// Whole numbers, + - * /, round and square brackets, blanks. Nothing if it is no such expression, divides by zero,
/// leaves the range of 64 bits, nests deeper than 32 brackets or is longer than 500 characters.
std::optional<Evaluated> evaluate(std::string_view expression);

/// Whether the answer's expression comes to the target and uses each of the numbers at most once. The expression that
/// counts is the last of \boxed{}, else the first behind the last "Answer:", else the last of the text; "expression =
/// 24", LaTeX and × and ÷ are understood. One number alone is an expression only if it is what was boxed or concluded.
bool solves_countdown(std::string_view answer, std::span<const std::int64_t> numbers, std::int64_t target);

}  // namespace ergon::tasks
