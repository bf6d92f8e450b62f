// A value is equal to itself in any notation, and to no other value in any.

#include <chrono>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sanitized.h"
#include "tasks/graders/maths/value.h"

namespace ergon::tasks::maths {
namespace {

/// One value, written in several ways.
using Notations = std::vector<std::string>;

std::string grouped(std::int64_t number, const std::string& separator) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), separator);
    }
    return text;
}

Notations integer(std::int64_t n) {
    return {std::to_string(n),
            grouped(n, ","),
            grouped(n, "{,}"),
            grouped(n, "\\,"),
            grouped(n, " "),
            grouped(n, "\u202F"),
            fmt::format("+{}", n),
            fmt::format("{}.00", n),
            fmt::format("x = {}", n),
            fmt::format("{}\\,\\text{{cm}}", n),
            fmt::format("\\mathbf{{{}}}", n),
            fmt::format("\\frac{{{}}}{{7}}", n * 7),
            fmt::format("{}e0", n),
            fmt::format("{}_{{10}}", n)};
}

Notations rational(std::int64_t top, std::int64_t bottom) {  // coprime, top > bottom > 1
    return {fmt::format("\\frac{{{}}}{{{}}}", top, bottom),
            fmt::format("\\dfrac{{{}}}{{{}}}", top, bottom),
            fmt::format("{}/{}", top, bottom),
            fmt::format("\\frac{{{}}}{{{}}}", 5 * top, 5 * bottom),
            fmt::format("{}\\frac{{{}}}{{{}}}", top / bottom, top % bottom, bottom),
            fmt::format("{} {}/{}", top / bottom, top % bottom, bottom),
            fmt::format("{}\\,\\frac{{{}}}{{{}}}", top / bottom, top % bottom, bottom),
            fmt::format("{} \\div {}", top, bottom),
            fmt::format("t = \\tfrac{{{}}}{{{}}}", top, bottom),
            fmt::format("-\\frac{{-{}}}{{{}}}", top, bottom),
            fmt::format("{}^{{-1}} \\cdot {}", bottom, top),
            fmt::format("{} + \\frac{{{}}}{{{}}}", top / bottom, top % bottom, bottom)};
}

Notations decimal(std::int64_t thousandths) {
    const std::string whole = std::to_string(thousandths / 1000), part = fmt::format("{:03}", thousandths % 1000);
    return {fmt::format("{}.{}", whole, part),
            fmt::format("{}.{}0", whole, part),
            fmt::format("\\frac{{{}}}{{1000}}", thousandths),
            fmt::format("{}e-3", thousandths),
            fmt::format("{} \\times 10^{{-3}}", thousandths),
            fmt::format("{}.{} \\cdot 10^{{-1}}", thousandths / 100, thousandths % 100 / 10 * 10 + thousandths % 10),
            fmt::format("\\${}.{}", whole, part),
            fmt::format("{}.{}\\%", thousandths / 10, thousandths % 10),
            fmt::format("{{{}.{}}}", whole, part),
            fmt::format("y = {}.{}", whole, part),
            fmt::format("{}.{}\\text{{ hours}}", whole, part)};
}

Notations root(std::int64_t k, std::int64_t m) {
    return {fmt::format("{}\\sqrt{{{}}}", k, m),
            fmt::format("{} \\cdot \\sqrt{{{}}}", k, m),
            fmt::format("\\sqrt{{{}}}", k * k * m),
            fmt::format("\\frac{{{}}}{{\\sqrt{{{}}}}}", k * m, m),
            fmt::format("{}√{}", k, m),
            fmt::format("{}*sqrt({})", k, m),
            fmt::format("{}({})^{{1/2}}", k, m),
            fmt::format("\\sqrt{{{}}} + {}\\sqrt{{{}}}", m, k - 1, m),
            fmt::format("\\frac{{{}\\sqrt{{{}}}}}{{2}}", 2 * k, m),
            fmt::format("\\theta = {}\\sqrt{{{}}}", k, m)};
}

Notations pi_multiple(std::int64_t top, std::int64_t bottom) {
    return {fmt::format("\\frac{{{}\\pi}}{{{}}}", top, bottom),
            fmt::format("\\frac{{{}}}{{{}}}\\pi", top, bottom),
            fmt::format("{}\\pi/{}", top, bottom),
            fmt::format("{}π/{}", top, bottom),
            fmt::format("\\frac{{{}\\pi}}{{{}}}", 3 * top, 3 * bottom),
            fmt::format("{} \\cdot \\frac{{\\pi}}{{{}}}", top, bottom),
            fmt::format("{}*pi/{}", top, bottom),
            fmt::format("\\pi \\cdot \\frac{{{}}}{{{}}}", top, bottom),
            fmt::format("x = \\dfrac{{{}\\pi}}{{{}}}", top, bottom),
            fmt::format("\\frac{{\\pi}}{{{}}} \\times {}", bottom, top)};
}

Notations pair(std::int64_t a, std::int64_t b) {
    return {fmt::format("({}, {})", a, b),
            fmt::format("({},{})", a, b),
            fmt::format("\\left({},\\,{}\\right)", a, b),
            fmt::format("\\bigl( {} , {} \\bigr)", a, b),
            fmt::format("\\left(\\frac{{{}}}{{2}}, {}\\right)", 2 * a, b),
            fmt::format("({}.0, {})", a, b),
            fmt::format("\\langle {}, {} \\rangle", a, b),
            fmt::format("(x, y) = ({}, {})", a, b),
            fmt::format("({}; {})", a, b),
            fmt::format("({}, +{})", a, b)};
}

Notations set(std::int64_t a, std::int64_t b, std::int64_t c) {
    return {fmt::format("\\{{{}, {}, {}\\}}", a, b, c),
            fmt::format("\\{{{},{},{}\\}}", c, b, a),
            fmt::format("\\left\\{{ {}, {}, {} \\right\\}}", b, a, c),
            fmt::format("{}, {}, {}", a, b, c),
            fmt::format("{}, {} \\text{{ and }} {}", c, a, b),
            fmt::format("x = {}, x = {}, x = {}", b, c, a),
            fmt::format("{}; {}; {}", a, c, b),
            fmt::format("\\lbrace {}, {}, {} \\rbrace", a, b, c),
            fmt::format("x \\in \\{{{}, {}, {}\\}}", a, b, c),
            fmt::format("{}, \\frac{{{}}}{{2}}, {}", c, 2 * b, a)};
}

Notations interval(std::int64_t a, std::int64_t b) {  // a < b
    return {fmt::format("[{}, {})", a, b),
            fmt::format("[{},{})", a, b),
            fmt::format("\\left[{}, {}\\right)", a, b),
            fmt::format("x \\in [{}, {})", a, b),
            fmt::format("[\\frac{{{}}}{{3}}, {})", 3 * a, b),
            fmt::format("[{}.0, {})", a, b),
            fmt::format("\\big[{};{}\\big)", a, b),
            fmt::format("\\lbrack {}, {})", a, b),
            fmt::format("$[{}, {})$", a, b),
            fmt::format("[{}, +{})", a, b)};
}

Notations column(std::int64_t a, std::int64_t b) {
    return {fmt::format("\\begin{{pmatrix}}{}\\\\{}\\end{{pmatrix}}", a, b),
            fmt::format("\\begin{{pmatrix}} {} \\\\ {} \\end{{pmatrix}}", a, b),
            fmt::format("\\begin{{pmatrix}}\n{} \\\\\n{}\n\\end{{pmatrix}}", a, b),
            fmt::format("\\begin{{pmatrix}} {} \\\\ {} \\\\ \\end{{pmatrix}}", a, b),
            fmt::format("\\begin{{bmatrix}} {} \\\\ {} \\end{{bmatrix}}", a, b),
            fmt::format("\\left[\\begin{{matrix}} {} \\\\ {} \\end{{matrix}}\\right]", a, b),
            fmt::format("\\left(\\begin{{array}}{{c}} {} \\\\ {} \\end{{array}}\\right)", a, b),
            fmt::format("\\begin{{pmatrix}} \\frac{{{}}}{{2}} \\\\ {} \\end{{pmatrix}}", 2 * a, b),
            fmt::format("v = \\begin{{pmatrix}} {} \\\\ {} \\end{{pmatrix}}", a, b),
            fmt::format("\\mathbf{{v}} = \\begin{{pmatrix}} {}.0 \\\\ {} \\end{{pmatrix}}", a, b)};
}

/// Values of all kinds, no two of them equal, and close to each other.
std::vector<Notations> values(base::RandomSequence& random) {
    const auto n = static_cast<std::int64_t>(1234567 + random.below(7000000));
    const auto k = static_cast<std::int64_t>(3 + random.below(4));
    const auto t = static_cast<std::int64_t>(10001 + 10 * random.below(8000));  // of no fewer decimals than three
    const auto a = static_cast<std::int64_t>(11 + random.below(20));
    return {integer(n),
            integer(n + 1),
            integer(10 * n),
            rational(7 * k + 2, 7),
            rational(7 * k + 3, 7),
            rational(5 * k + 2, 5),
            decimal(t),
            decimal(t + 1),
            decimal(10 * t),
            root(k, 3),
            root(k + 1, 3),
            root(k, 5),
            pi_multiple(2, 2 * k + 1),
            pi_multiple(3, 2 * k + 3),
            pi_multiple(1, 2),
            pair(a, a + 3),
            pair(a + 3, a),
            pair(a, a + 4),
            set(a, a + 5, a + 7),
            set(a, a + 5, a + 8),
            set(a, a, a + 5),
            interval(a, a + 9),
            interval(a, a + 8),
            column(a, a + 1),
            column(a + 1, a),
            column(a, a + 2)};
}

TEST(MathsNotations, AValueIsEqualToItselfAndToNoOther) {
    base::RandomSequence random(15);
    int compared = 0;
    for (int round = 0; round < 3; ++round) {
        const std::vector<Notations> all = values(random);
        for (std::size_t i = 0; i < all.size(); ++i) {
            for (const std::string& right : all[i]) {
                for (const std::string& found : all[i]) {
                    EXPECT_TRUE(same_maths(right, found, {})) << right << "   " << found;
                    ++compared;
                }
                for (std::size_t j = 0; j < all.size(); ++j) {
                    if (i == j) continue;
                    const std::string& other = all[j][random.below(all[j].size())];
                    EXPECT_FALSE(same_maths(right, other, {})) << right << "   " << other;
                    ++compared;
                }
            }
        }
    }
    EXPECT_GT(compared, 20'000);
}

TEST(MathsNotations, LargeNumbersAreExact) {
    const std::string digits = "123456789012345678901234567890123456789";
    EXPECT_TRUE(same_maths(digits, digits + ".0", {}));
    EXPECT_FALSE(same_maths(digits, "123456789012345678901234567890123456788", {}));
    EXPECT_TRUE(same_maths("2^{200}", "4^{100}", {}));
    EXPECT_FALSE(same_maths("2^{200}", "2^{200}+1", {}));
    EXPECT_TRUE(same_maths("30!", "265252859812191058636308480000000", {}));
    EXPECT_FALSE(same_maths("30!", "265252859812191058636308480000001", {}));
    // Beyond what is held exactly, only what is written alike is equal.
    EXPECT_TRUE(same_maths("10^{400}", "10^{400}", {}));
    EXPECT_FALSE(same_maths("10^{400}", "10^{400}+1", {}));
    EXPECT_FALSE(same_maths("10^{4000000000000000000000}", "10^{4000000000000000000001}", {}));
}

TEST(MathsNotations, BracesAreNotForgotten) {
    EXPECT_FALSE(same_maths("\\frac{1}{23}", "\\frac{12}{3}", {}));
    EXPECT_FALSE(same_maths("x^{12}y", "x^{1}2y", {}));
    EXPECT_FALSE(same_maths("\\frac{11}{4}", "1 1/4", {}));
    EXPECT_FALSE(same_maths("\\foo{12}3", "\\foo{1}23", {}));
}

// Ten seconds are for a machine under sanitizers; without limits some would take longer than anybody waits, and others
// would need a stack of gigabytes.
TEST(MathsNotations, HostileTextEnds) {
    const auto begin = std::chrono::steady_clock::now();
    for (const char* piece : {"{",
                              "(",
                              "[",
                              "\\{",
                              "((",
                              "\\frac{",
                              "\\frac",
                              "\\sqrt{",
                              "\\sqrt[",
                              "√",
                              "^{",
                              "x^",
                              "x^-",
                              "_{",
                              "-",
                              "+",
                              "1+",
                              "x*",
                              "2/",
                              "|",
                              "\\left(",
                              "\\sin",
                              "\\sin(",
                              "\\log_",
                              "\\pm",
                              "1,",
                              "(1,",
                              "\\{1,",
                              "x=",
                              "a<",
                              "\\text{",
                              "\\text{a}",
                              "\\begin{pmatrix}",
                              "\\begin{pmatrix}1&",
                              "9",
                              "9!",
                              "!",
                              "(x+1)^9",
                              "(x+y+z)",
                              "9^9^",
                              "1e9",
                              "{,}",
                              "1_",
                              "\\cup",
                              "\\lfloor",
                              "1/3+",
                              "x_{",
                              "\\overline{",
                              "twenty-",
                              "million ",
                              "\xff",
                              "½",
                              "⁵"}) {
        for (const std::size_t size : {300u, 1'900u, 16'000u}) {
            std::string text;
            while (text.size() < size) text += piece;
            same_maths(text, text + "1", {});
            same_maths("1,2", text, {});
            same_maths("x+1", "x+" + text, {});
        }
    }
    std::string braces(1'000'000, '{');
    EXPECT_FALSE(same_maths("1", braces, {}));
    EXPECT_FALSE(same_maths("1", braces + std::string(1'000'000, '}'), {}));
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
              test::sanitized ? 60 : 10);
}

}  // namespace
}  // namespace ergon::tasks::maths
