#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "tasks/graders/final_number.h"
#include "tasks/graders/graded.h"

namespace ergon::tasks {
namespace {

Prompt number(std::string answer, std::optional<double> tolerance = {}) {
    Prompt prompt{"n", "maths", "?", std::move(answer)};
    prompt.grader = Grader::number;
    prompt.tolerance = tolerance;
    return prompt;
}

TEST(NumberGrader, FindsTheNumberThatAnAnswerComesTo) {
    expect_grades(number("42"), {
                                    {true, "42"},
                                    {true, "42."},
                                    {true, "**42**"},
                                    {true, "The answer is 42."},
                                    {true, "The answer is **42** apples."},
                                    {true, "6 * 7 = 42"},
                                    {true, "She has 6 boxes of 7 apples, so 42 apples in all."},
                                    {true, "#### 42"},
                                    {true, "We compute 50 - 8.\n#### 42\n"},
                                    {true, "Answer: 42\n\nThis follows from 6 times 7, as 7 days and 6 weeks."},
                                    {true, "**Answer:** 42 (since 6 * 7 = 42, and not 43)"},
                                    {true, "The final answer is: $42$"},
                                    {true, "So \\boxed{42}. Note that 6 and 7 are factors."},
                                    {true, "\\boxed{x = 42}"},
                                    {true, "\\boxed{42\\text{ apples}} and \\boxed{"},
                                    {true, "Answer: 6 * 7 = 42"},
                                    {true, "Answer: x = 42"},
                                    {true, "Answer: about 42, if 7 is meant"},
                                    {true, "Answer: Let us multiply 6 by 7.\nThe product is 42"},
                                    {true, "### Final answer\n42 apples for 7 days"},
                                    {true, "42.0"},
                                    {true, "+42"},
                                    {true, "x=42"},
                                    {true, "€42"},
                                    {true, "42€"},
                                    {true, "42km on H2O, x2, m^2, m² and version 1.2.3"},
                                    {true, "is 42, on 2024/05/01"},
                                    {true, "Total–42"},
                                    {true, "- 42"},
                                    {false, "43"},
                                    {false, "-42"},
                                    {false, "−42"},
                                    {false, "4 2"},
                                    {false, "The answer is 41, not 42... no: the answer is 40."},
                                    {false, "I don't know"},
                                    {false, ""},
                                    {true, "forty-two"},
                                    {false, "420"},
                                    {false, "0.42"},
                                    {false, "\\boxed{41} or 42"},
                                    {false, "Answer: 41 (42 would be wrong)"},
                                    {false, "H42"},
                                    {false, "42.1.0"},
                                    {false, "1,042"},
                                });
}

TEST(NumberGrader, ThousandsDecimalsAndSigns) {
    expect_grades(number("1234567"), {{true, "1,234,567"},
                                      {true, "1234567"},
                                      {true, "1\u202F234\u202F567"},
                                      {true, "1'234'567"},
                                      {true, "1.234.567"},
                                      {true, "1{,}234{,}567"},
                                      {true, "$1,234,567.00"},
                                      {true, "1\\,234\\,567"},
                                      {true, "1234.567 thousand"},
                                      {true, "1.234567e6"},
                                      {false, "1,234"},
                                      {false, "234,567"},
                                      {false, "1,234,5678"}});
    expect_grades(number("24.84"), {{true, "$24.84"},
                                    {true, "24,84 €"},
                                    {true, "Each pays 24.840"},
                                    {true, "\\$24.84"},
                                    {false, "24.8"},
                                    {false, "25"},
                                    {false, "84"}});
    expect_grades(number("1234.56"), {{true, "1.234,56"}, {true, "1,234.56"}, {false, "1.234"}});
    expect_grades(number("-5"), {{true, "-5"},
                                 {true, "−5"},
                                 {true, "x = −5"},
                                 {true, "-$5"},
                                 {true, "$-5"},
                                 {true, "(-5)"},
                                 {false, "5"},
                                 {false, "10-5"},
                                 {false, "a-5"}});
    expect_grades(number("0"), {{true, "0"}, {true, "0.00"}, {true, "zero"}, {false, "0.0000001"}, {false, "none"}});
    expect_grades(number("1,000"), {{true, "1000"}, {true, "10^3"}, {false, "1"}});
}

TEST(NumberGrader, FractionsPowersAndPercent) {
    expect_grades(number("3/4"), {{true, "3/4"},
                                  {true, "0.75"},
                                  {true, ".75"},
                                  {true, "\\frac{3}{4}"},
                                  {true, "\\dfrac34"},
                                  {true, "¾"},
                                  {true, "75%"},
                                  {true, "75 percent"},
                                  {true, "75\\%"},
                                  {true, "6 / 8"},
                                  {false, "4/3"},
                                  {false, "3/4/2024"},
                                  {false, "75"},
                                  {false, "3/0"},
                                  {false, "-\\frac{3}{4}"}});
    expect_grades(number("1.5"),
                  {{true, "1 1/2"}, {true, "1½"}, {true, "1\\frac{1}{2}"}, {true, "3/2"}, {false, "11/2"}});
    expect_grades(number("1/3"), {{true, "0.33333333"}, {false, "0.333"}, {true, "\\boxed{\\tfrac{1}{3}}"}});
    expect_grades(number("1/3", 1e-3), {{true, "0.3333"}, {false, "0.33"}});
    expect_grades(number("25"), {{true, "25%"}, {true, "25"}, {false, "0.25"}, {false, "0.25%"}});
    expect_grades(number("25%"), {{true, "25%"}, {true, "25"}, {true, "0.25"}, {false, "0.25%"}});
    expect_grades(number("1.2e5"), {{true, "120000"},
                                    {true, "1.2 × 10^5"},
                                    {true, "1.2 \\times 10^{5}"},
                                    {true, "1.2·10⁵"},
                                    {true, "120 thousand"},
                                    {true, "0.12 million"},
                                    {true, "1.2 x 10^5"},
                                    {false, "1.2"}});
    expect_grades(number("1024"), {{true, "2^10"}, {true, "2^{10}"}, {true, "2^10 = 1024"}, {false, "2^9"}});
}

TEST(NumberGrader, SmallNumbersMayBeWords) {
    expect_grades(number("2"), {{true, "Two."},
                                {true, "**Two** hours"},
                                {true, "Answer: two hours"},
                                {false, "Twofold"},
                                {false, "That one of two"}});
}

TEST(NumberGrader, NumbersInWordsAreReadWhole) {
    expect_grades(number("20"),
                  {{false, "Answer: twenty-one"}, {true, "Answer: twenty"}, {false, "Answer: twenty two"}});
    expect_grades(number("21"), {{true, "Answer: twenty-one"}, {true, "There are 3 * 7. Answer: twenty-one apples"}});
    expect_grades(number("1"), {{false, "Answer: one hundred"}, {true, "Answer: one"}});
    expect_grades(number("100"), {{true, "Answer: one hundred"}, {true, "Answer: a hundred"}});
    expect_grades(number("105"), {{true, "one hundred and five"}, {false, "Answer: one hundred"}});
    expect_grades(number("2"), {{false, "Answer: two thousand"}, {false, "\\boxed{\\text{two thousand}}"}});
    expect_grades(number("2034567"), {{true, "two million thirty-four thousand five hundred and sixty-seven"}});
    expect_grades(number("0.75"), {{true, "Answer: three quarters"}, {false, "Answer: three"}});
    expect_grades(number("2.5"), {{true, "Answer: two and a half"}, {true, "Answer: two point five"}});
    expect_grades(number("-4"), {{true, "Answer: minus four"}, {true, "negative four"}, {false, "four"}});
}

TEST(NumberGrader, SignsBlanksSizesAndMarks) {
    expect_grades(number("5"), {{false, "Answer: - 5"}, {false, "Answer: negative 5"}, {false, "x = - 5"}});
    expect_grades(number("-5"),
                  {{true, "Answer: - 5"}, {true, "Answer: negative 5"}, {true, "x = − 5"}, {true, "It is - 5."}});
    expect_grades(number("- 5"), {{true, "Answer: -5"}, {true, "minus 5"}, {false, "5"}});
    expect_grades(number("4"), {{false, "Answer: minus 4"}, {true, "9 minus 5 is 4"}, {true, "\n- 4"}});
    expect_grades(number("12"), {{false, "Answer: 12 500"}, {false, "Answer: 12\u2009500"}});
    expect_grades(number("12500"), {{true, "Answer: 12 500"}, {true, "Answer: 12 500.0"}, {false, "Answer: 12 5000"}});
    expect_grades(number("1"), {{false, "Answer: 1 000 000"}});
    expect_grades(number("1000000"), {{true, "Answer: 1 000 000"}, {true, "Answer: 1M"}, {true, "10,00,000"}});
    expect_grades(number("1.5"), {{false, "Answer: 1.5k"}, {true, "Answer: 1.5 kg"}});
    expect_grades(number("1500"), {{true, "Answer: 1.5k"}, {true, "Answer: $1.5k"}});
    expect_grades(number("3"), {{true, "Answer: _3_"}, {true, "Answer: __3__"}, {true, "Answer: *3*"}});
    expect_grades(number("100000"), {{true, "Answer: 1,00,000"}, {true, "Answer: 1 lakh, that is 1,00,000"}});
    expect_grades(number("1.25"), {{true, "Answer: 1 1/4"}, {true, "1 1/4"}, {false, "Answer: 11/4"}});
}

TEST(NumberGrader, PartsOfFormulasAreNoNumbers) {
    expect_grades(number("2"), {{false, "\\boxed{2\\pi}"},
                                {false, "\\boxed{\\sqrt{2}}"},
                                {false, "Answer: $2\\sqrt{3}$"},
                                {false, "It is √2"},
                                {false, "It is $\\frac{\\pi}{2}$"},
                                {true, "\\boxed{\\sqrt{4}}"},
                                {true, "\\boxed{2 = \\sqrt{4}}"}});
    expect_grades(number("1.41421356"), {{true, "\\boxed{\\sqrt{2}}"}, {true, "Answer: \\sqrt2"}});
}

TEST(NumberGrader, WholeNumbersAreExact) {
    expect_grades(number("12345678"), {{true, "12,345,678"}, {false, "12345679"}, {true, "12345678.0"}});
    expect_grades(number("123456789012345678901234567890"),
                  {{true, "123456789012345678901234567890"}, {false, "123456789012345678901234567891"}});
    expect_grades(number("10000000", 1e-3), {{true, "10000100"}, {false, "10020000"}});
}

TEST(NumberGrader, OtherRightAnswersCount) {
    Prompt prompt = number("100");
    prompt.accepted = {"212"};
    expect_grades(prompt, {{true, "100"}, {true, "212"}, {false, "32"}});
}

TEST(NumberGrader, APromptWhoseAnswerIsNoNumberIsAMistake) {
    test::expect_error(base::ErrorCode::bad_argument, "\"many\" is not a number", [&] { grade(number("many"), "7"); });
}

// Numbers as printf writes them, with commas, in a sentence, are found again.
TEST(NumberGrader, RandomNumbersAreFoundAgain) {
    base::RandomSequence random(5);
    for (int i = 0; i < 2000; ++i) {
        const auto whole = static_cast<std::int64_t>(random.below(std::uint64_t{1} << random.below(50)));
        const auto cents = static_cast<int>(random.below(100));
        std::string grouped = std::to_string(whole);
        for (auto at = static_cast<std::ptrdiff_t>(grouped.size()) - 3; at > 0; at -= 3)
            grouped.insert(static_cast<std::size_t>(at), ",");
        const std::string decimals = (cents < 10 ? ".0" : ".") + std::to_string(cents);
        const double value = static_cast<double>(whole) + cents / 100.0;
        for (const std::string& text :
             {std::to_string(whole) + decimals,
              "it costs $" + grouped + decimals + ", in 3 parts? No:\nAnswer: " + grouped + decimals}) {
            const auto found = final_number(text);
            ASSERT_TRUE(found) << text;
            EXPECT_NEAR(found->value.to_double(), value, 1e-15 * value) << text;
        }
    }
}

TEST(NumberGrader, HostileTextEnds) {
    for (const char* piece :
         {"1,", "1.", "\\frac{", "9", "1/", "^", "1e", "\\boxed{", "answer:", "#### 1", "\xff", "⁵", "-$"}) {
        std::string text;
        while (text.size() < 100'000) text += piece;
        EXPECT_NE(grade(number("42"), text), std::optional(true)) << piece;
    }
    EXPECT_FALSE(final_number("1e999"));
    EXPECT_FALSE(final_number("9^9999"));
}

}  // namespace
}  // namespace ergon::tasks
