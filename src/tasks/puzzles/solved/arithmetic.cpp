// Sums, differences, products, quotients and mixtures of them, worked out in columns.

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/column_arithmetic.h"
#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

/// Any number of so many digits, the first not 0.
std::int64_t number_of_digits(Draw& draw, std::int64_t digits) {
    std::int64_t least = 1;
    for (std::int64_t i = 1; i < digits; ++i) least *= 10;
    return draw.between(digits == 1 ? 2 : least, 10 * least - 1);
}

std::string question(Draw& draw, const std::string& expression) {
    constexpr std::array<std::string_view, 3> wordings{"What is {}?", "Work out {}.", "Calculate {}."};
    return fmt::format(fmt::runtime(draw.one_of(wordings)), expression);
}

SolvedPuzzle asked(Draw& draw, const std::string& expression, std::int64_t result, const SolutionTrace& working,
                   std::string key) {
    return solved(question(draw, expression), std::to_string(result), Grader::number, working, std::move(key));
}

/// How many digits numbers of a difficulty have, from and to.
struct Digits {
    std::int64_t least, most;
    std::int64_t draw_from(Draw& draw) const { return draw.between(least, most); }
};

/// a + b, or a + b - a: one fact, and one key.
std::optional<SolvedPuzzle> sum_or_difference(Draw& draw, int difficulty) {
    constexpr std::array<Digits, 3> digits{{{1, 2}, {2, 4}, {5, 7}}};
    if (difficulty > std::ssize(digits)) return std::nullopt;
    const Digits range = digits[difficulty - 1];
    const std::int64_t a_digits = range.draw_from(draw), b_digits = range.draw_from(draw);
    const std::int64_t a = number_of_digits(draw, a_digits), b = number_of_digits(draw, b_digits);
    const bool difference = draw.between(0, 1) == 0;
    SolutionTrace working;
    const std::int64_t result = difference ? subtract_in_columns(working, a + b, b) : add_in_columns(working, a, b);
    const std::string expression = difference ? fmt::format("{} - {}", a + b, b) : fmt::format("{} + {}", a, b);
    return asked(draw, expression, result, working, key_of("sum", {a, b}));
}

/// Three or four numbers, added and taken away from left to right.
std::optional<SolvedPuzzle> several_terms(Draw& draw, int difficulty) {
    constexpr std::array<Digits, hardest> digits{{{1, 1}, {1, 2}, {2, 3}, {4, 5}, {4, 6}}};
    const std::int64_t terms = difficulty < hardest ? 3 : 4;
    SolutionTrace working;
    std::vector<std::int64_t> numbers;
    std::string expression;
    std::int64_t value = 0;
    for (std::int64_t i = 0; i < terms; ++i) {
        const std::int64_t size = digits[difficulty - 1].draw_from(draw), number = number_of_digits(draw, size);
        const bool minus = draw.between(0, 1) == 0 && number <= value;
        if (i == 0) {
            value = number;
            expression = std::to_string(number);
        } else {
            value = minus ? subtract_in_columns(working, value, number) : add_in_columns(working, value, number);
            expression += fmt::format(" {} {}", minus ? '-' : '+', number);
        }
        numbers.push_back(number);
    }
    return asked(draw, expression, value, working, key_of("numbers", numbers));
}

/// a * b, or a * b / a: one fact, and one key.
std::optional<SolvedPuzzle> product(Draw& draw, int difficulty) {
    constexpr std::array<Digits, hardest> long_digits{{{1, 2}, {2, 4}, {2, 5}, {3, 4}, {3, 5}}},
        short_digits{{{1, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 3}}};
    const std::int64_t a_digits = long_digits[difficulty - 1].draw_from(draw),
                       b_digits = short_digits[difficulty - 1].draw_from(draw);
    const std::int64_t a = number_of_digits(draw, a_digits), b = number_of_digits(draw, b_digits);
    SolutionTrace working;
    const std::int64_t result = multiply_in_columns(working, std::max(a, b), std::min(a, b));
    return asked(draw, fmt::format("{} * {}", a, b), result, working, key_of("product", {a, b}));
}

std::optional<SolvedPuzzle> quotient(Draw& draw, int difficulty) {
    constexpr std::array<Digits, hardest> result_digits{{{1, 1}, {2, 2}, {2, 3}, {3, 5}, {4, 5}}},
        divisor_digits{{{1, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 2}}};
    const std::int64_t a_digits = result_digits[difficulty - 1].draw_from(draw),
                       b_digits = divisor_digits[difficulty - 1].draw_from(draw);
    const std::int64_t a = number_of_digits(draw, a_digits), b = number_of_digits(draw, b_digits);
    SolutionTrace working;
    const std::int64_t result = divide_in_columns(working, a * b, b);
    return asked(draw, fmt::format("{} / {}", a * b, b), result, working, key_of("product", {a, b}));
}

/// a * b + c * d, or with c alone.
std::optional<SolvedPuzzle> mixture(Draw& draw, int difficulty) {
    if (difficulty < 2) return std::nullopt;
    constexpr std::array<Digits, hardest> long_digits{{{}, {1, 1}, {2, 2}, {2, 3}, {2, 3}}},
        short_digits{{{}, {1, 1}, {1, 1}, {1, 2}, {2, 2}}};
    const Digits longer = long_digits[difficulty - 1], shorter = short_digits[difficulty - 1];
    const std::int64_t a_digits = longer.draw_from(draw), b_digits = shorter.draw_from(draw);
    const std::int64_t a = number_of_digits(draw, a_digits), b = number_of_digits(draw, b_digits);
    const std::int64_t c_digits = longer.draw_from(draw), d_digits = shorter.draw_from(draw);
    const std::int64_t c = number_of_digits(draw, c_digits), d = number_of_digits(draw, d_digits);
    const bool two_products = draw.between(0, 1) == 0, minus = draw.between(0, 1) == 0;
    SolutionTrace working;
    const std::int64_t first = multiply_in_columns(working, std::max(a, b), std::min(a, b));
    const std::int64_t second = two_products ? multiply_in_columns(working, std::max(c, d), std::min(c, d)) : c;
    if (minus && first < second) return std::nullopt;
    const std::int64_t result =
        minus ? subtract_in_columns(working, first, second) : add_in_columns(working, first, second);
    std::string expression = fmt::format("{} * {} {} {}", a, b, minus ? '-' : '+', c);
    std::vector<std::int64_t> numbers{a, b, c};
    if (two_products) {
        expression += fmt::format(" * {}", d);
        numbers.push_back(d);
    }
    return asked(draw, expression, result, working, key_of("numbers", numbers));
}

}  // namespace

std::optional<SolvedPuzzle> solved_arithmetic(Draw& draw, int difficulty) {
    constexpr std::array makers{sum_or_difference, several_terms, product, quotient, mixture};
    return draw.one_of(makers)(draw, difficulty);
}

}  // namespace ergon::tasks
