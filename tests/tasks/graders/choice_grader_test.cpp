#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "tasks/graders/choice_letter.h"
#include "tasks/graders/graded.h"

namespace ergon::tasks {
namespace {

Prompt capital(std::string answer) {
    Prompt prompt{"c", "facts", "What is the capital of France?", std::move(answer)};
    prompt.choices = {"London", "Paris", "New York", "York"};
    prompt.grader = Grader::choice;
    return prompt;
}

TEST(ChoiceGrader, FindsTheLetterThatIsSettledOn) {
    expect_grades(capital("B"),
                  {
                      {true, "B"},
                      {true, "b"},
                      {true, "B."},
                      {true, "(B)"},
                      {true, "**B**"},
                      {true, "B. Paris"},
                      {true, "B) Paris"},
                      {true, "**B. Paris**"},
                      {true, "Answer: B"},
                      {true, "Answer: (b)"},
                      {true, "**Answer:** B"},
                      {true, "**Answer: B**"},
                      {true, "The answer is B."},
                      {true, "The correct answer is (B) Paris, since A is in England."},
                      {true, "The answer is A. No, wait: the answer is B."},
                      {true, "The answer is **B**"},
                      {true, "The answer is \\boxed{B}"},
                      {true, "\\boxed{B}"},
                      {true, "$\\boxed{\\text{B}}$"},
                      {true, "\\boxed{\\text{(B) Paris}}"},
                      {true, "\\boxed{b}"},
                      {true, "Paris"},
                      {true, "Answer: Paris"},
                      {true, "It is Paris, of course."},
                      {true, "B is correct."},
                      {true, "Option B is the correct one, as A is a city in England."},
                      {true, "I choose B because France is not England."},
                      {true, "I would go with option B."},
                      {true, "Final answer:\nB"},
                      {true, "### Answer\n\n**B**"},
                      {true, "B\n\nA capital is a city in which a government sits. A is wrong."},
                      {true, "A capital is the seat of a government.\n\nB"},
                      {true, "A good question! I think it must be B"},
                      {true, "A. London is in England.\nB. Paris is in France.\nC. is in America.\nThe answer is B."},
                      {true, "The answer is a tricky one, but it is (B)."},
                      {true, "Answer: A tricky one! (B)"},
                      {true, "The answer: option B"},
                      {true, "The answer is most likely B"},
                      {true, "A is the right answer? No: B is."},
                      {true, "Is the answer A? It is in England. So B."},
                      {true, "Could it be that the answer is A? No. Hence (B)."},
                      {true, "The answer is B, right?"},
                      {false, "B is the right answer? No: A is."},
                      {false, "Is the answer B?"},
                  });
}

TEST(ChoiceGrader, IsNotFooled) {
    expect_grades(capital("B"), {{false, "A"},
                                 {false, "The answer is C."},
                                 {false, "Answer: B. On second thought, Answer: C"},
                                 {false, "\\boxed{C}, not B"},
                                 {false, "B is not correct"},
                                 {false, "The answer is not B"},
                                 {false, "It isn't (B)... (B) isn't right"},
                                 {false, "E"},
                                 {false, ""},
                                 {false, "I don't know."},
                                 {false, "A. London\nB. Paris\nC. New York\nD. York"},
                                 {false, "(A) or (B)"},
                                 {false, "Between B and C"},
                                 {false, "Berlin"},
                                 {false, "By plane"},
                                 {false, "London or Paris"}});
    // The article and the pronoun.
    expect_grades(capital("A"), {{false, "A capital is a city."},
                                 {false, "The answer is a city."},
                                 {false, "The answer is A city in Europe"},
                                 {false, "Answer: A nice question"},
                                 {false, "What a question"},
                                 {true, "A"},
                                 {true, "a"},
                                 {true, "A because it is large"},
                                 {true, "Answer: A because it is large"},
                                 {true, "Answer: A"},
                                 {true, "Answer: a"},
                                 {true, "It is A."},
                                 {true, "(A) is a capital"},
                                 {true, "A."},
                                 {true, "London"}});
    Prompt many = capital("I");
    many.choices = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    expect_grades(many, {{false, "I think so"},
                         {false, "The answer is I am not sure"},
                         {true, "Answer: I"},
                         {true, "(I)"},
                         {true, "8"}});
    // A longer choice holds a shorter one.
    expect_grades(capital("D"), {{true, "York"}, {false, "New York"}});
    expect_grades(capital("C"), {{true, "New York"}, {true, "Answer: New York"}});
}

// Chinese, Japanese and Korean have no blanks around the letter; a conclusion may come by what is left.
TEST(ChoiceGrader, OtherLanguagesAndConclusions) {
    const auto graded = [](const char* letter, const char* answer, bool right) {
        Prompt prompt{"c", "", "?", letter};
        prompt.choices = {"red", "green", "blue", "grey"};
        prompt.grader = Grader::choice;
        EXPECT_EQ(grade(prompt, answer), std::optional(right)) << letter << ": " << answer;
    };
    graded("B", "答案是B", true);
    graded("B", "正确选项是B。", true);
    graded("B", "应选B。", true);
    graded("B", "正답", false);
    graded("B", "정답은 B입니다.", true);
    graded("B", "正解はBです。", true);
    graded("B", "(A) no. (C) no. (D) no. Hence (B).", true);
    graded("B", "It must be B since A, C and D fail.", true);
    graded("B", "The right option is B rather than C.", true);
    graded("B", "故选B", true);
    graded("B", "故选：B", true);
    graded("B", "所以答案为（B）。", true);
    graded("B", "答案：B", true);
    graded("B", "選項B是正確的", true);
    graded("B", "正确答案是：B", true);
    graded("B", "因此，正确答案是选项B。", true);
    graded("B", "我选择B。", true);
    graded("B", "B是正确的。", true);
    graded("B", "選B", true);
    graded("B", "本题选B项", true);
    graded("B", "答えはBです", true);
    graded("B", "答え：B", true);
    graded("B", "答えは「B」です。", true);
    graded("B", "正解：B", true);
    graded("B", "正しい選択肢はBです。", true);
    graded("B", "したがって、Bが正しい。", true);
    graded("B", "답: B", true);
    graded("B", "답은 B", true);
    graded("B", "정답: (B)", true);
    graded("B", "따라서 정답은 (B)이다.", true);
    graded("B", "B가 정답입니다.", true);
    graded("A", "정답은 B입니다.", false);
    graded("B", "答案不是B", false);
    graded("B", "答案是A，不是B", false);
    graded("B", "不选B，应选C", false);
    graded("B", "A、C、D都不对，所以选B", true);
    graded("B", "選ぶべきはCです。Bではありません。", false);
    graded("B", "A错误，B正确，C错误", true);
    graded("B", "答案是Ｂ", true);
    graded("B", "A is wrong. C is wrong. D is wrong. So B.", true);
    graded("B", "Not A, not C, not D. B it is.", true);
    graded("B", "A, C and D can be ruled out, leaving B.", true);
    graded("B", "We eliminate A, C, and D. Therefore, B.", true);
    graded("B", "A is out, C is out and D is out, so only B remains.", true);
    graded("B", "Therefore, the answer must be option (B).", true);
    graded("B", "Thus (B).", true);
    graded("B", "(A) is false. (B) is true. (C) is false.", true);
    graded("B", "Hence (B) follows, not (C).", true);
    graded("C", "The right option is B rather than C.", false);
    graded("A", "It must be B since A, C and D fail.", false);
    graded("B", "It must be C since A, B and D fail.", false);
    graded("B", "(A) no. (B) no. (D) no. Hence (C).", false);
    graded("B", "The correct answer is not B but C.", false);
    graded("B", "Neither A nor B. So C.", false);
    graded("B", "So A or B.", false);
    graded("B", "Hence it cannot be B.", false);
    graded("B", "Therefore B is wrong and C is right.", false);
    graded("B", "I think C, not B.", false);
    graded("B", "The best choice is B, not A.", true);
    graded("B", "B rather than C", true);
    graded("B", "Between B and C, B is better.", true);
    graded("B", "My answer: B instead of A", true);
    graded("B", "La respuesta es B", true);
    graded("B", "Die Antwort ist B.", true);
    graded("B", "La réponse est B", true);
    graded("B", "Ответ: B", true);
    graded("B", "A) red is no. B) green fits.\n\nSo the answer: B)", true);
    graded("B", "the correct option is b", true);
    graded("B", "Choice B.", true);
    graded("B", "My final choice: (B)", true);
    graded("B", "So, option B.", true);
    graded("B", "That leaves B.", true);
    graded("B", "It has to be B, because A fails.", true);
    graded("B", "Only B works.", true);
}

TEST(ChoiceGrader, APromptMustHaveSuchALetter) {
    Prompt prompt = capital("E");
    test::expect_error(base::ErrorCode::bad_argument, "is not a letter of", [&] { grade(prompt, "A"); });
    prompt.answer = "B";
    prompt.choices.resize(1);
    test::expect_error(base::ErrorCode::bad_argument, "is not a letter of", [&] { grade(prompt, "A"); });
    prompt.choices.resize(27, "x");
    test::expect_error(base::ErrorCode::bad_argument, "is not a letter of", [&] { grade(prompt, "A"); });
}

TEST(ChoiceGrader, EveryLetterOfEveryNumberOfChoices) {
    for (std::size_t count = 2; count <= max_choices; ++count) {
        const std::vector<std::string> choices(count, "of no help");
        for (std::size_t i = 0; i < count; ++i) {
            const std::string letter(1, static_cast<char>('A' + i));
            for (const std::string& text : std::vector<std::string>{
                     letter, "Answer: " + letter, "It must be (" + letter + ").", "**" + letter + "**",
                     "The answer is " + letter + ".", "\\boxed{" + letter + "}", "It is " + letter + "."}) {
                EXPECT_EQ(chosen_letter(text, choices), letter[0]) << text << " of " << count;
            }
        }
        if (count < max_choices) {
            EXPECT_FALSE(chosen_letter(std::string("Answer: ") + static_cast<char>('A' + count), choices));
        }
    }
}

TEST(ChoiceGrader, ThePromptHasLettersAndAnInstruction) {
    const std::vector<std::string> choices{"one", "two"};
    EXPECT_EQ(multiple_choice_text("Which?", choices), "Which?\n\nA. one\nB. two\n\nAnswer with the letter alone.");
}

TEST(ChoiceGrader, HostileTextEnds) {
    for (const char* piece :
         {"answer is ", "**", "(", "A", "A ", "B. ", "B\n", "\\boxed{", "*_*_", "answer\n\n", "\xe2\x80"}) {
        std::string text;
        while (text.size() < 100'000) text += piece;
        EXPECT_FALSE(grade(capital("D"), text).value()) << piece;
    }
}

}  // namespace
}  // namespace ergon::tasks
