// exact, match, includes, regex, boxed and list; and what is asked of every prompt.

#include <chrono>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "tasks/graders/graded.h"
#include "tasks/graders/pattern.h"
#include "tasks/readers/prompt_list.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

Prompt asked(Grader grader, std::string answer) {
    Prompt prompt{"p", "facts", "?", std::move(answer)};
    prompt.grader = grader;
    return prompt;
}

TEST(Graders, WithoutARightAnswerThereIsNoGrade) {
    EXPECT_EQ(grade(Prompt{"a", "b", "c", "an answer without a grader"}, "x"), std::nullopt);
    for (const Grader grader : {Grader::exact, Grader::match, Grader::includes, Grader::number, Grader::choice,
                                Grader::regex, Grader::boxed, Grader::list, Grader::countdown}) {
        EXPECT_EQ(grade(asked(grader, ""), "x"), std::nullopt);
    }
}

TEST(ExactGrader, CaseBlanksAndMarksDoNotMatter) {
    Prompt prompt = asked(Grader::exact, "Jane Austen");
    prompt.accepted = {"J. Austen"};
    expect_grades(prompt, {{true, "Jane Austen"},
                           {true, "  jane\n AUSTEN. "},
                           {true, "**Jane Austen**"},
                           {true, "“Jane Austen”!"},
                           {true, "`Jane Austen`"},
                           {true, "It was her. Answer: Jane Austen"},
                           {true, "The answer is **Jane Austen**.\nShe was English."},
                           {true, "J. Austen"},
                           {true, "\\boxed{\\text{Jane Austen}}"},
                           {true, "It was **Jane Austen**, of course."},
                           {false, "Jane"},
                           {false, "Jane Austen wrote it"},
                           {false, "Mary Shelley"},
                           {false, ""},
                           {false, "Answer: Mary Shelley, not Jane Austen"},
                           {false, "**Jane Austen**? Answer: no"},
                           {true, "Answer: Jane Austen\n\nI hope that this answer is helpful."}});
    expect_grades(asked(Grader::exact, "C#"), {{true, "c#"}, {false, "C"}, {false, "C++"}});
    expect_grades(asked(Grader::exact, "?!"), {{true, "?!"}, {false, "!"}, {false, ""}});
}

TEST(MatchGrader, TheAnswerBeginsWithTheIdeal) {
    Prompt prompt = asked(Grader::match, "1");
    prompt.accepted = {"one"};
    expect_grades(prompt, {{true, "1"},
                           {true, "1, because"},
                           {true, "One sister"},
                           {true, "Well. Answer: 1 sister"},
                           {false, "12"},
                           {false, "1.5"},
                           {false, "the 1"},
                           {false, "ones"},
                           {false, ""}});
}

TEST(IncludesGrader, WholeWordsAnywhere) {
    Prompt prompt = asked(Grader::includes, "Canberra");
    prompt.accepted = {"19.5"};
    expect_grades(prompt, {{true, "The capital is **Canberra**, not Sydney."},
                           {true, "canberra"},
                           {true, "some 19.5 km"},
                           {false, "Canberran"},
                           {false, "19"},
                           {false, "19.55"},
                           {false, "119.5"},
                           {false, "Sydney"},
                           {false, "5"}});
    expect_grades(asked(Grader::includes, "5"),
                  {{true, "5"}, {true, "(5)"}, {true, "5."}, {false, "19.5"}, {false, "5.1"}, {false, "5,000"}});
}

TEST(RegexGrader, MatchesAnywhereInEitherCase) {
    Prompt prompt = asked(Grader::regex, "");
    prompt.pattern = R"(\b(8[,.]?84[89])\s*(m|metres|meters)\b|^höhe$)";
    expect_grades(prompt, {{true, "It is 8,849 m high."},
                           {true, "8848 METRES"},
                           {true, "so:\nHÖHE\n"},
                           {false, "8,850 m"},
                           {false, ""},
                           {false, "18,849 m"},
                           {true, "\xff 8849 m"}});
    prompt.pattern = "(?-i)Polish";
    expect_grades(prompt, {{true, "Polish"}, {false, "polish"}});
}

TEST(RegexGrader, AWrongPatternIsAMistake) {
    for (const char* pattern : {"(", "[a", "(?<n>", R"(\C)", "((((a{999}){999}){999}){999})", "(?P>x)"}) {
        Prompt prompt = asked(Grader::regex, "");
        prompt.pattern = pattern;
        test::expect_error(ErrorCode::bad_argument, "regular expression", [&] { grade(prompt, "x"); });
    }
    Prompt prompt = asked(Grader::regex, "");
    prompt.pattern = std::string(5000, 'a');
    test::expect_error(ErrorCode::bad_argument, "at most 4096", [&] { grade(prompt, "x"); });
}

// [xy] rather than x: PCRE2 looks first whether a letter that it needs is there at all. Ten seconds are for a machine
// under sanitizers; without limits the first expression would take longer than anybody waits.
TEST(RegexGrader, HostilePatternsEnd) {
    const std::string text(longest_searched, 'a');
    for (const char* pattern : {"(a+)+[xy]", "(a|aa)+[xy]", "(a*)*[xy]", "a*[xy]", "(?:a|a)*[xy]", "(?=(a+))\\1[xy]",
                                ".*.*.*[xy]", "(a?){50}a{50}[xy]", "(?R)?[xy]", "(a(?1)?)+[xy]", "(?:(?=a*)a)+[xy]"}) {
        Prompt prompt = asked(Grader::regex, "");
        prompt.pattern = pattern;
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_FALSE(grade(prompt, text).value()) << pattern;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        RecordProperty(std::string(pattern), std::to_string(took.count()));
        EXPECT_LT(took.count(), 10) << pattern;
    }
}

TEST(RegexGrader, SearchesTheEndOfALongAnswer) {
    Prompt prompt = asked(Grader::regex, "");
    prompt.pattern = "(?s)Canberra.*capital";
    expect_grades(prompt,
                  {{true, std::string(100'000, 'x') + " Canberra is" + std::string(10'000, ' ') + "the capital"},
                   {false, "Canberra, the capital" + std::string(100'000, 'x')}});
}

TEST(BoxedGrader, TheSameMathematics) {
    expect_grades(asked(Grader::boxed, "\\frac{3}{4}"), {{true, "\\boxed{\\frac{3}{4}}"},
                                                         {true, "$\\boxed{\\dfrac{3}{4}}$."},
                                                         {true, "\\boxed{\\tfrac34}"},
                                                         {true, "\\boxed{3/4}"},
                                                         {true, "\\boxed{0.75}"},
                                                         {true, "\\boxed{ \\frac 3 4 }"},
                                                         {true, "\\boxed{x = \\frac{3}{4}}"},
                                                         {true, "\\boxed{\\frac{6}{8}}"},
                                                         {true, "\\boxed{\\frac{3}{4}\\text{ cm}}"},
                                                         {true, "First \\boxed{1}, then \\boxed{\\frac34}."},
                                                         {true, "The answer is $\\frac{3}{4}$."},
                                                         {true, "Answer: 3/4"},
                                                         {true, "0.75"},
                                                         {true, "\\fbox{3/4}"},
                                                         {false, "\\boxed{\\frac{4}{3}}"},
                                                         {false, "\\boxed{-\\frac{3}{4}}"},
                                                         {false, "\\boxed{}"},
                                                         {false, "\\boxed{3}"},
                                                         {false, "\\boxed{0.76}"},
                                                         {false, "\\boxed{1} since \\frac{3}{4}"},
                                                         {false, ""}});
    expect_grades(asked(Grader::boxed, "2\\sqrt{3}"), {{true, "\\boxed{2\\sqrt3}"},
                                                       {true, "\\boxed{2 \\sqrt{3}}"},
                                                       {true, "\\boxed{2√3}"},
                                                       {false, "\\boxed{\\sqrt{3}}"},
                                                       {false, "\\boxed{3\\sqrt{2}}"}});
    expect_grades(asked(Grader::boxed, "\\left( 3, \\frac{\\pi}{2} \\right)"),
                  {{true, "\\boxed{(3,\\frac{\\pi}{2})}"},
                   {true, "\\boxed{\\left(3.0, \\dfrac{π}{2}\\right)}"},
                   {false, "\\boxed{(\\frac{\\pi}{2},3)}"},
                   {false, "\\boxed{3,\\frac{\\pi}{2}}"},
                   {false, "\\boxed{(3,\\frac{\\pi}{3})}"}});
    expect_grades(asked(Grader::boxed, "-2, 5"), {{true, "\\boxed{5,-2}"},
                                                  {true, "\\boxed{-2,5}"},
                                                  {false, "\\boxed{-2,-2}"},
                                                  {false, "\\boxed{5}"},
                                                  {false, "\\boxed{2,5}"}});
    expect_grades(asked(Grader::boxed, "\\{1, 2, 3\\}"),
                  {{true, "\\boxed{\\{3,2,1\\}}"}, {false, "\\boxed{(1,2,3)}"}, {false, "\\boxed{\\{1,2\\}}"}});
    expect_grades(asked(Grader::boxed, "[0,1)"),
                  {{true, "\\boxed{[0,1)}"}, {false, "\\boxed{(0,1)}"}, {false, "\\boxed{[0,1]}"}});
    expect_grades(
        asked(Grader::boxed, "10,080"),
        {{true, "\\boxed{10080}"}, {true, "\\boxed{10{,}080}"}, {true, "\\boxed{10\\,080}"}, {false, "\\boxed{10}"}});
    expect_grades(
        asked(Grader::boxed, "90^\\circ"),
        {{true, "\\boxed{90}"}, {true, "\\boxed{90^{\\circ}}"}, {true, "\\boxed{90°}"}, {false, "\\boxed{9}"}});
    expect_grades(asked(Grader::boxed, "15\\text{ cm}^2"),
                  {{true, "\\boxed{15}"}, {true, "\\boxed{15\\mathrm{cm}^{2}}"}, {false, "\\boxed{152}"}});
    expect_grades(asked(Grader::boxed, "\\text{Evelyn}"),
                  {{true, "\\boxed{Evelyn}"}, {true, "\\boxed{\\text{evelyn}}"}, {false, "\\boxed{Evan}"}});
    expect_grades(asked(Grader::boxed, "50\\%"),
                  {{true, "\\boxed{50\\%}"}, {true, "\\boxed{50}"}, {false, "\\boxed{5}"}});
    expect_grades(asked(Grader::boxed, "x^2+2x+1"), {{true, "\\boxed{x^2 + 2x + 1}"}, {false, "\\boxed{x^2 + 2x}"}});
    expect_grades(asked(Grader::boxed, "\\$32{,}348"),
                  {{true, "\\boxed{\\$32,348}"}, {true, "\\boxed{32348}"}, {false, "\\boxed{32,34}"}});
    expect_grades(asked(Grader::boxed, "A"), {{true, "\\boxed{\\text{A}}"}, {false, "\\boxed{a}"}});
}

TEST(BoxedGrader, ListsAndDecimalsAreApart) {
    expect_grades(asked(Grader::boxed, "3,4"),
                  {{true, "\\boxed{4,3}"}, {true, "\\boxed{3 \\text{ and } 4}"}, {false, "\\boxed{3.4}"}});
    expect_grades(asked(Grader::boxed, "1,5"), {{false, "\\boxed{1.5}"}, {true, "\\boxed{5,1}"}});
    expect_grades(asked(Grader::boxed, "1.5"), {{false, "\\boxed{1,5}"}, {true, "\\boxed{1{,}5}"}});
    expect_grades(asked(Grader::boxed, "2,3"), {{false, "\\boxed{2.3}"}});
    expect_grades(asked(Grader::boxed, "\\frac{1}{2},3"), {{true, "\\boxed{3,\\frac12}"}});
    expect_grades(asked(Grader::boxed, "(1,2),(3,4)"),
                  {{true, "\\boxed{(3,4),(1,2)}"}, {false, "\\boxed{(2,1),(3,4)}"}, {false, "\\boxed{(1,2)}"}});
    expect_grades(asked(Grader::boxed, "(1,234)"), {{true, "\\boxed{(1, 234)}"}, {false, "\\boxed{1234}"}});
    expect_grades(asked(Grader::boxed, "\\{1,234\\}"), {{true, "\\boxed{\\{234, 1\\}}"}});
    expect_grades(asked(Grader::boxed, "100,200,300"),
                  {{true, "\\boxed{300, 100, 200}"}, {true, "\\boxed{100200300}"}});
    expect_grades(asked(Grader::boxed, "(1,2)"),
                  {{true, "\\boxed{x = 1, y = 2}"}, {true, "\\boxed{y=2,x=1}"}, {false, "\\boxed{x=2, y=1}"}});
    expect_grades(
        asked(Grader::boxed, "x=1, y=2"),
        {{true, "\\boxed{(1,2)}"}, {true, "\\boxed{y=2,x=1}"}, {false, "\\boxed{(2,1)}"}, {false, "\\boxed{2,1}"}});
    expect_grades(asked(Grader::boxed, "1, 2"), {{true, "\\boxed{\\{2, 1\\}}"}, {false, "\\boxed{(1, 2)}"}});
}

TEST(BoxedGrader, MixedNumbersUnitsAndMatrices) {
    expect_grades(asked(Grader::boxed, "\\frac{11}{4}"), {{false, "\\boxed{1 1/4}"}, {true, "\\boxed{2 3/4}"}});
    expect_grades(asked(Grader::boxed, "\\frac{5}{4}"), {{true, "\\boxed{1 1/4}"}, {true, "\\boxed{1\\frac14}"}});
    expect_grades(asked(Grader::boxed, "\\frac{21}{2}"), {{false, "\\boxed{2 1/2}"}});
    for (const char* unit : {"5\\,\\text{cm}", "5\\,\\mathrm{cm}", "5\\;\\text{cm}", "5~\\text{cm}", "5\\text{ cm}",
                             "5 cm", "5\\ \\text{centimeters}", "\\$5", "5^\\circ", "5\\text{ apples}"}) {
        expect_grades(asked(Grader::boxed, "5"), {{true, std::string("\\boxed{") + unit + "}"}});
        expect_grades(asked(Grader::boxed, "6"), {{false, std::string("\\boxed{") + unit + "}"}});
    }
    expect_grades(
        asked(Grader::boxed, "5\\text{ cm}"),
        {{false, "\\boxed{5\\text{ m}}"}, {true, "\\boxed{0.05\\text{ m}}"}, {true, "\\boxed{50\\text{ mm}}"}});
    expect_grades(asked(Grader::boxed, "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
                  {{true, "\\boxed{\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}}"},
                   {true, "\\boxed{\\begin{pmatrix}\n1 \\\\\n2\n\\end{pmatrix}}"},
                   {true, "\\boxed{\\begin{bmatrix} 1 \\\\ 2.0 \\end{bmatrix}}"},
                   {false, "\\boxed{\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}}"},
                   {false, "\\boxed{\\begin{pmatrix} 1 & 2 \\end{pmatrix}}"},
                   {false, "\\boxed{\\begin{vmatrix} 1 \\\\ 2 \\end{vmatrix}}"}});
}

TEST(BoxedGrader, NotationDoesNotMatter) {
    const auto same = [](const char* right, const char* found) {
        expect_grades(asked(Grader::boxed, right), {{true, std::string("\\boxed{") + found + "}"}});
    };
    same("x^2", "x^{2}");
    same("101_2", "101_{2}");
    same("\\frac{\\sqrt{3}}{2}", "\\frac{\\sqrt3}2");
    same("A", "\\text{(A)}");
    same("\\text{(A)}", "A");
    same("3", "\\theta=3");
    same("(2,\\infty)", "(2,+\\infty)");
    same("3\\sqrt{2}", "3\\cdot\\sqrt{2}");
    same("(x+1)^2", "x^2+2x+1");
    same("\\frac{1}{1+\\sqrt{2}}", "\\sqrt{2}-1");
    same("\\sqrt{3+2\\sqrt{2}}", "1+\\sqrt{2}");
    same("\\pm 3", "3, -3");
    same("y = 2x+1", "2x - y + 1 = 0");
    same("x > 3", "3 < x");
    same("0.\\overline{3}", "\\frac13");
    same("120^\\circ", "\\frac{2\\pi}{3}");
    same("C", "\\textbf{(C)}\\ 12");
    same("12", "\\textbf{(C)}\\ 12");
    same("12", "\\text{(C) 12}");
    same("0.2", "20\\text{ percent}");
    same("\\{x : x > 3\\}", "\\{x: x>3\\}");
    const auto other = [](const char* right, const char* found) {
        expect_grades(asked(Grader::boxed, right), {{false, std::string("\\boxed{") + found + "}"}});
    };
    other("101_2", "5");
    other("101_2", "1010_2");
    other("x^2", "x_2");
    other("x = 3", "y = 3");
    other("x > 3", "x \\ge 3");
    other("dog", "god");
    other("2\\sqrt{3}", "2");
    other("\\frac{1}{23}", "\\frac{12}{3}");
    other("\\text{(A)}", "\\text{(B)}");
    // The value of 101_2 is 5, and who asks for 5 may get it in another base; who asks for base 2 may not.
    same("5", "101_2");
    same("101_2", "101");
}

TEST(BoxedGrader, ABoxNeedsNoBraces) {
    expect_grades(asked(Grader::boxed, "3"), {{true, "so $\\boxed 3$."},
                                              {true, "so \\boxed 3."},
                                              {true, "\\fbox 3"},
                                              {true, "\\boxed3"},
                                              {false, "\\boxed 4 and 3"},
                                              {false, "\\boxedx 3 and 4"},
                                              {true, "I use the \\boxed command.\nAnswer: 3"}});
    expect_grades(asked(Grader::boxed, "\\frac12"),
                  {{true, "$\\boxed \\frac{1}{2}$"}, {true, "\\(\\boxed \\frac12\\)"}});
}

TEST(BoxedGrader, HostileTextEnds) {
    for (const char* piece :
         {"\\boxed{", "\\frac", "\\frac{", "{", "}", ",", "(1,", "1,", "\\text{", "$", "\\sqrt", "\\("}) {
        std::string text = "\\boxed{";
        while (text.size() < 20'000) text += piece;
        EXPECT_FALSE(grade(asked(Grader::boxed, "1,2"), text).value()) << piece;
        EXPECT_FALSE(grade(asked(Grader::boxed, "1,2"), text + "}").value()) << piece;
    }
}

TEST(ListGrader, TheItemsInTheirOrder) {
    expect_grades(asked(Grader::list, "3, 7, 9, 12"), {{true, "3, 7, 9, 12"},
                                                       {true, "3 7 9 12"},
                                                       {true, "[3, 7, 9, 12]"},
                                                       {true, "3 < 7 < 9 < 12"},
                                                       {true, "3, 7, 9, and 12."},
                                                       {true, "9, 3, 12, 7 becomes **3, 7, 9, 12**, from low to high."},
                                                       {true, "1. 3\n2. 7\n3. 9\n4. 12"},
                                                       {true, "- 3\n- 7\n- 9\n- 12"},
                                                       {false, "3, 7, 12, 9"},
                                                       {false, "3, 7, 9"},
                                                       {false, "3, 7, 8, 9, 12"},
                                                       {false, "3, 7, 9, 12 is wrong, rather 12, 9, 7, 3"},
                                                       {false, "37912"},
                                                       {false, ""}});
    expect_grades(
        asked(Grader::list, "-5, 2.5, apple pie, plum"),
        {{true, "-5, 2.5, Apple pie, Plum"}, {false, "5, 2.5, apple pie, plum"}, {false, "-5, 2, apple pie, plum"}});
}

TEST(Graders, APromptIsCheckedAgainstItsOwnAnswer) {
    const auto add = [](const Prompt& prompt) { PromptList().add(prompt, "here"); };
    Prompt prompt = asked(Grader::regex, "Everest");
    prompt.pattern = "K2";
    test::expect_error(ErrorCode::bad_file, "here: the reference answer \"Everest\"", [&] { add(prompt); });
    prompt.pattern = "(";
    test::expect_error(ErrorCode::bad_file, "here: The prompt's pattern: the regular expression", [&] { add(prompt); });
    prompt.pattern = "everest";
    add(prompt);
    test::expect_error(ErrorCode::bad_file, "here: the grader needs an answer", [&] { add(asked(Grader::exact, "")); });
    add(asked(Grader::none, ""));
    add(asked(Grader::boxed, "\\begin{pmatrix} 1 \\\\\n 2 \\end{pmatrix}"));
    PromptList list;
    list.add(asked(Grader::none, "a"), "here");
    test::expect_error(ErrorCode::bad_file, "there: the id \"p\" occurs twice",
                       [&] { list.add(asked(Grader::none, "b"), "there"); });
    EXPECT_EQ(list.take().size(), 1u);
}

TEST(Graders, HaveNames) {
    EXPECT_EQ(grader_named("list"), Grader::list);
    EXPECT_EQ(grader_named("none"), Grader::none);
    EXPECT_EQ(grader_named("Exact"), std::nullopt);
}

}  // namespace
}  // namespace ergon::tasks
