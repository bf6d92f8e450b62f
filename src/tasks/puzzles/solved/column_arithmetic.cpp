#include "tasks/puzzles/solved/column_arithmetic.h"

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/backtracking.h"

namespace ergon::tasks {
namespace {

/// From the ones up.
std::vector<int> digits_of(std::int64_t number) {
    std::vector<int> digits;
    do digits.push_back(static_cast<int>(number % 10));
    while ((number /= 10) > 0);
    return digits;
}

/// One column of a sum or a row: of its value one digit stays and the rest is carried; the last column keeps all.
int write_column(SolutionTrace& working, const std::string& left, int value, bool last, std::string& result) {
    const int carry = last ? 0 : value / 10;
    result.insert(0, std::to_string(last ? value : value % 10));
    const std::string carried = carry > 0 ? fmt::format(" c{}", carry) : "";
    working.line(fmt::format("{}={}{}: {}", left, value, carried, result), carry > 0 ? 2 : 1);
    return carry;
}

/// a times a digit and a power of ten.
std::int64_t multiply_row(SolutionTrace& working, std::int64_t a, int digit, std::size_t zeros) {
    std::string result(zeros, '0');
    working.line(fmt::format("{}*{}{}", a, digit, result));
    const std::vector<int> digits = digits_of(a);
    int carry = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::string left =
            carry > 0 ? fmt::format("{}*{}+{}", digits[i], digit, carry) : fmt::format("{}*{}", digits[i], digit);
        carry = write_column(working, left, digits[i] * digit + carry, i + 1 == digits.size(), result);
    }
    return std::stoll(result);
}

/// The digit of the result that belongs to `part`, found by trying; returns what is left of `part`.
std::int64_t try_digits(SolutionTrace& working, std::int64_t part, std::int64_t b, std::string& result) {
    const std::int64_t rounded = b < 10 ? b : (b + 5) / 10 * 10;
    std::int64_t digit = std::clamp<std::int64_t>(part / rounded, 1, 9);
    while (true) {
        const std::int64_t product = digit * b, rest = part - product;
        if (rest < 0) {
            working.line(fmt::format("{}: {}*{}={}>{} {}", part, digit, b, product, part, rejection), 2);
            --digit;
        } else if (rest >= b) {
            working.line(
                fmt::format("{}: {}*{}={} {}-{}={}>={} {}", part, digit, b, product, part, product, rest, b, rejection),
                3);
            ++digit;
        } else {
            result += std::to_string(digit);
            working.line(
                fmt::format("{}: {}*{}={} {}-{}={}<{} ok: {}", part, digit, b, product, part, product, rest, b, result),
                3);
            return rest;
        }
    }
}

}  // namespace

std::int64_t add_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b) {
    std::vector<int> x = digits_of(a), y = digits_of(b);
    const std::size_t columns = std::max(x.size(), y.size());
    x.resize(columns);
    y.resize(columns);
    working.line(fmt::format("{:0{}}+{:0{}}", a, columns, b, columns));
    std::string result;
    int carry = 0;
    for (std::size_t i = 0; i < columns; ++i) {
        const std::string left =
            carry > 0 ? fmt::format("{}+{}+{}", x[i], y[i], carry) : fmt::format("{}+{}", x[i], y[i]);
        carry = write_column(working, left, x[i] + y[i] + carry, i + 1 == columns, result);
    }
    return a + b;
}

std::int64_t subtract_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b) {
    const std::vector<int> x = digits_of(a);
    std::vector<int> y = digits_of(b);
    y.resize(x.size());
    working.line(fmt::format("{}-{:0{}}", a, b, x.size()));
    std::string result;
    int carry = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const bool borrow = x[i] < y[i] + carry;
        const int value = x[i] + (borrow ? 10 : 0) - y[i] - carry;
        result.insert(0, std::to_string(value));
        working.line(fmt::format("{}{}-{}{}={}{}: {}", x[i], borrow ? "+10" : "", y[i], carry > 0 ? "-1" : "", value,
                                 borrow ? " c1" : "", result),
                     borrow ? 2 : 1);
        carry = borrow ? 1 : 0;
    }
    if (result.size() > 1 && result[0] == '0') working.line(fmt::format("{}={}", result, a - b), 1);
    return a - b;
}

std::int64_t multiply_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b) {
    const std::vector<int> digits = digits_of(b);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (digits[i] == 0) continue;
        const std::int64_t row = multiply_row(working, a, digits[i], i);
        sum = sum == 0 ? row : add_in_columns(working, row, sum);
    }
    return sum;
}

std::int64_t divide_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b) {
    working.line(fmt::format("{}/{}", a, b));
    std::string result;
    std::int64_t part = 0;
    for (const char digit : std::to_string(a)) {
        part = part * 10 + (digit - '0');
        if (part >= b) {
            part = try_digits(working, part, b, result);
        } else if (!result.empty()) {
            result += '0';
            working.line(fmt::format("{}<{}: {}", part, b, result), 1);
        }
    }
    return a / b;
}

}  // namespace ergon::tasks
