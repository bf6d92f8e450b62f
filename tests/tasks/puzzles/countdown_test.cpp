#include "tasks/puzzles/countdown.h"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

#include "base/random.h"
#include "tasks/graders/graded.h"

namespace ergon::tasks {
namespace {

Prompt game(std::vector<std::int64_t> numbers, std::int64_t target) {
    Prompt prompt{"g", "countdown", "?", ""};
    prompt.grader = Grader::countdown;
    prompt.numbers = std::move(numbers);
    prompt.target = target;
    return prompt;
}

TEST(Countdown, TheExpressionIsFoundAndEvaluated) {
    expect_grades(game({25, 4, 3, 7}, 103), {
                                                {true, "25*4+3"},
                                                {true, "25 * 4 + 3 = 103"},
                                                {true, "103 = 25 * 4 + 3"},
                                                {true, "25 × 4 + 3"},
                                                {true, "$25 \\times 4 + 3 = 103$"},
                                                {true, "\\boxed{25 \\cdot 4 + 3}"},
                                                {true, "\\boxed{25 \\times 4 + 3 = 103}"},
                                                {true, "**25 * 4 + 3 = 103**"},
                                                {true, "(25 x 4) + 3"},
                                                {true, "25x4+3"},
                                                {true, "[25*(4)]+3"},
                                                {true, "First 25*4 = 100.\nThen 100+3 = 103.\nAnswer: 25*4+3"},
                                                {true, "Answer: 25*4+3 = 103\nCheck: 100 + 3 = 103"},
                                                {true, "- 25*4+3"},
                                                {true, "1. 25*4 + 3 = 103."},
                                                {true, "3 + 4*25, which is 103 in a 3-step way"},
                                                {true, "25*4+3 = 100+3 = 103"},
                                                {true, "(3/7)*7 + 25*4 is wrong, but 7*(3/7) uses 7 twice; so 25*4+3"},
                                                {false, "25*4+4"},
                                                {false, "25*4"},
                                                {false, "100+3"},
                                                {false, "103"},
                                                {false, "25*4+3 or 7+3"},
                                                {false, "25+25+25+25+3"},
                                                {false, "25*4+3+0"},
                                                {false, "2.5*40+3"},
                                                {false, "25*4+3)"},
                                                {false, "25*4++3"},
                                                {false, "25**4+3"},
                                                {false, "25 4 + 3"},
                                                {false, "25*(4+3"},
                                                {false, ""},
                                                {false, "It cannot be done."},
                                                {false, "Answer: 100 + 3 = 103, from 25*4+3"},
                                                {false, "(7-7)*25+103"},
                                            });
    expect_grades(game({8, 3, 8, 3}, 24), {{true, "8/(3-8/3)"},
                                           {true, "\\frac{8}{3-\\frac{8}{3}} = 24"},
                                           {true, "8÷(3−8÷3)"},
                                           {false, "8/(3-3)"},
                                           {false,
                                            "8*3"
                                            "*(8-3)"}});
    expect_grades(game({24, 2}, 24),
                  {{true, "Answer: 24"}, {true, "\\boxed{24}"}, {false, "24 is given"}, {false, "48/2"}});
}

TEST(Countdown, FractionsAreExact) {
    const auto value = [](const char* text) { return evaluate(text)->value; };
    EXPECT_EQ(value("1/3+1/3+1/3"), (Rational{1, 1}));
    EXPECT_EQ(value("1/2-1/3"), (Rational{1, 6}));
    EXPECT_EQ(value("2-5"), (Rational{-3, 1}));
    EXPECT_EQ(value("3/(1-4)"), (Rational{-1, 1}));
    EXPECT_EQ(value("10-4-3"), (Rational{3, 1}));
    EXPECT_EQ(value("100/5/4"), (Rational{5, 1}));
    EXPECT_EQ(evaluate("2*(3+4)")->numbers, (std::vector<std::int64_t>{2, 3, 4}));
}

TEST(Countdown, WhatIsNoExpressionHasNoValue) {
    for (const char* text : {"",
                             " ",
                             "1/0",
                             "1/(2-2)",
                             "-1",
                             "+1",
                             "1+",
                             "*1",
                             "1 2",
                             "(1",
                             "1)",
                             "(1]",
                             "()",
                             "1e3",
                             "1.5",
                             "2(3)",
                             "99999999999999999999",
                             "9999999999*9999999999",
                             "9223372036854775807+1",
                             "abs(1)"}) {
        EXPECT_FALSE(evaluate(text)) << text;
    }
    EXPECT_TRUE(evaluate(std::string(32, '(') + "1" + std::string(32, ')')));
    EXPECT_FALSE(evaluate(std::string(33, '(') + "1" + std::string(33, ')')));
    EXPECT_FALSE(evaluate(std::string(100'000, '(')));
    EXPECT_FALSE(evaluate("1" + std::string(500, ' ')));
    EXPECT_TRUE(evaluate("9223372036854775807"));
}

/// A random expression with its value as a double, and whether that is near what 64 bits can hold.
std::string random_expression(base::RandomSequence& random, int depth, double& value) {
    if (depth == 0 || random.below(4) == 0) {
        const auto number = 1 + random.below(20);
        value = static_cast<double>(number);
        return std::to_string(number);
    }
    double a = 0, b = 0;
    const std::string left = random_expression(random, depth - 1, a), right = random_expression(random, depth - 1, b);
    const char operation = "+-*/"[random.below(4)];
    value = operation == '+' ? a + b : operation == '-' ? a - b : operation == '*' ? a * b : a / b;
    return "(" + left + " " + operation + " " + right + ")";
}

TEST(Countdown, RandomExpressionsComeToWhatFloatingPointSays) {
    base::RandomSequence random(11);
    int compared = 0;
    for (int i = 0; i < 2000; ++i) {
        double value = 0;
        const std::string text = random_expression(random, 3, value);
        const auto exact = evaluate(text);
        if (!exact) {
            EXPECT_FALSE(std::isfinite(value) && text.find('/') == std::string::npos) << text;
            continue;
        }
        // Eight operations, each rounded to 2^-53; differences can cancel, so the error is relative to the numbers'
        // size.
        EXPECT_NEAR(static_cast<double>(exact->value.top) / static_cast<double>(exact->value.bottom), value,
                    1e-6 * (1 + std::abs(value)))
            << text;
        ++compared;
    }
    EXPECT_GT(compared, 1900);
}

TEST(Countdown, HostileTextEnds) {
    for (const char* piece : {"(", "1+", "1=", "1 ", "((1)", "x", "1x", "\\frac{1", "- ", "1. ", "[", "9"}) {
        std::string text;
        while (text.size() < 100'000) text += piece;
        EXPECT_FALSE(grade(game({1, 2}, 3), text).value()) << piece;
    }
}

}  // namespace
}  // namespace ergon::tasks
