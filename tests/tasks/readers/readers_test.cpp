#include "tasks/readers/readers.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>

#include "base/expect_error.h"
#include "base/sanitized.h"
#include "base/temporary_directory.h"
#include "tasks/graders/grader.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;

std::vector<Prompt> parse(std::string_view text, const TaskOptions& options = {}) {
    return parse_task(text, "set.jsonl", options);
}
void expect_refused(const std::string& fragment, std::string_view text) {
    test::expect_error(ErrorCode::bad_file, fragment, [&] { parse(text); });
}

TEST(OwnFormat, OneObjectALine) {
    const auto prompts = parse(
        "{\"id\": \"a\", \"category\": \"maths\", \"prompt\": \"1+1?\", \"answer\": \"2\"}\n"
        "\n"
        "{\"prompt\": \"Grüße\", \"subject\": \"words\", \"answer\": \"Hallo\", \"accepted\": [\"Servus\"]}\r\n"
        "{\"prompt\": \"Why?\", \"other\": {\"deep\": [1]}}\n"
        "{\"prompt\": \"2*3?\", \"answer\": 6, \"tolerance\": 0.5}");
    ASSERT_EQ(prompts.size(), 4u);
    EXPECT_EQ(prompts[0].id, "a");
    EXPECT_EQ(prompts[0].category, "maths");
    EXPECT_EQ(prompts[0].text, "1+1?");
    EXPECT_EQ(prompts[0].answer, "2");
    EXPECT_EQ(prompts[0].grader, Grader::number);
    EXPECT_EQ(prompts[1].id, "set-3");
    EXPECT_EQ(prompts[1].text, "Grüße");
    EXPECT_EQ(prompts[1].category, "words");
    EXPECT_EQ(prompts[1].grader, Grader::exact);
    EXPECT_EQ(grade(prompts[1], "Servus!"), std::optional(true));
    EXPECT_EQ(prompts[2].grader, Grader::none);
    EXPECT_EQ(prompts[3].answer, "6");
    EXPECT_EQ(grade(prompts[3], "8"), std::optional(true));
}

TEST(OwnFormat, EveryGraderCanBeAskedFor) {
    const auto prompts = parse(R"({"prompt": "Which?", "choices": ["red", "blue"], "answer": "blue"})"
                               "\n"
                               R"({"prompt": "Which?", "choices": ["red", "blue"], "answer": "A"})"
                               "\n"
                               R"({"prompt": "How high?", "pattern": "8,?849", "answer": "8849 m"})"
                               "\n"
                               R"({"prompt": "Make 7.", "numbers": [3, 4, -2], "target": 7})"
                               "\n"
                               R"({"prompt": "Who?", "answer": "Ada", "grader": "includes"})"
                               "\n"
                               R"({"prompt": "Half?", "answer": "\\frac{1}{2}", "grader": "boxed"})"
                               "\n"
                               R"({"prompt": "Sort.", "answer": "1, 2", "grader": "list"})"
                               "\n"
                               R"({"prompt": "Why?", "answer": "because", "grader": "none"})");
    ASSERT_EQ(prompts.size(), 8u);
    EXPECT_EQ(prompts[0].text, "Which?\n\nA. red\nB. blue\n\nAnswer with the letter alone.");
    EXPECT_EQ(prompts[0].answer, "B");
    EXPECT_EQ(prompts[1].answer, "A");
    EXPECT_EQ(grade(prompts[0], "(B)"), std::optional(true));
    EXPECT_EQ(grade(prompts[2], "It has 8,849 metres."), std::optional(true));
    EXPECT_EQ(grade(prompts[3], "3 + 4"), std::optional(true));
    EXPECT_EQ(grade(prompts[4], "It was Ada."), std::optional(true));
    EXPECT_EQ(grade(prompts[5], "\\boxed{0.5}"), std::optional(true));
    EXPECT_EQ(grade(prompts[6], "1 and 2"), std::optional(true));
    EXPECT_EQ(grade(prompts[7], "because"), std::nullopt);
}

TEST(OwnFormat, MistakesAreNamedWithTheirLine) {
    const std::string good = "{\"id\": \"a\", \"prompt\": \"x\"}\n";
    expect_refused("set.jsonl, line 2: expected one JSON object", good + "[1]");
    expect_refused("line 2: expected one JSON object", good + "{\"id\": \"b\"");
    expect_refused("line 2: expected one JSON object", good + "{\"prompt\": \"\xff\"}");
    expect_refused("line 1: expected \"prompt\"", "{\"id\": \"a\"}");
    expect_refused("line 1: \"prompt\" must be a non-empty string", "{\"prompt\": 3}");
    expect_refused("line 1: \"id\" must be a non-empty string", "{\"id\": [7], \"prompt\": \"x\"}");
    expect_refused("line 2: the id \"0\" occurs twice",
                   "{\"id\": 0, \"prompt\": \"x\"}\n{\"id\": \"0\", \"prompt\": \"x\"}");
    expect_refused("line 1: \"id\" must be a non-empty string", "{\"id\": \"\", \"prompt\": \"x\"}");
    expect_refused("\"answer\" must be a string", "{\"prompt\": \"x\", \"answer\": [4]}");
    expect_refused("line 2: the id \"a\" occurs twice", good + good);
    expect_refused("has no prompts", "\n \n");
    expect_refused("has no prompts", "");
    expect_refused("unknown grader \"magic\"", R"({"prompt": "x", "answer": "y", "grader": "magic"})");
    expect_refused("\"grader\" must be a non-empty string", R"({"prompt": "x", "answer": "y", "grader": 1})");
    expect_refused("needs an answer to compare", R"({"prompt": "x", "grader": "exact"})");
    expect_refused("\"many\" is not a number", R"({"prompt": "x", "answer": "many", "grader": "number"})");
    expect_refused("line 1: The prompt's pattern", R"({"prompt": "x", "pattern": "("})");
    expect_refused("the reference answer \"y\"", R"({"prompt": "x", "answer": "y", "pattern": "z"})");
    expect_refused("\"choices\" must be a list of non-empty strings",
                   R"({"prompt": "x", "answer": "A", "choices": ["a", 1]})");
    expect_refused("\"choices\" must be a list of non-empty strings",
                   R"({"prompt": "x", "answer": "A", "choices": "ab"})");
    expect_refused("\"C\" is not a letter of 2 choices", R"({"prompt": "x", "answer": "C", "choices": ["a", "b"]})");
    expect_refused("\"tolerance\" must be a number from 0 to 1", R"({"prompt": "x", "answer": "1", "tolerance": -1})");
    expect_refused("\"tolerance\" must be a number from 0 to 1", R"({"prompt": "x", "answer": "1", "tolerance": "1"})");
    expect_refused("with a \"target\" beside it", R"({"prompt": "x", "numbers": [1]})");
    expect_refused("whole numbers of at most 63 bits", R"({"prompt": "x", "numbers": [1.5], "target": 1})");
    expect_refused("whole numbers of at most 63 bits",
                   R"({"prompt": "x", "numbers": [18446744073709551615], "target": 1})");
    expect_refused("the reference answer \"1+2\"",
                   R"({"prompt": "x", "numbers": [1, 1], "target": 2, "answer": "1+2"})");
}

TEST(OwnFormat, AByteOrderMarkAndNumbersAsIds) {
    const auto marked = parse("\xEF\xBB\xBF{\"prompt\": \"a\", \"answer\": \"42\"}");
    ASSERT_EQ(marked.size(), 1u);
    EXPECT_EQ(marked[0].answer, "42");
    const auto prompts = parse(R"({"id": 0, "prompt": "a", "answer": 1})"
                               "\n"
                               R"({"id": 1, "prompt": "b", "answer": 2.5})"
                               "\n"
                               R"({"id": 2, "prompt": "c", "answer": true})"
                               "\n"
                               R"({"id": 3, "prompt": "d", "answer": null})");
    ASSERT_EQ(prompts.size(), 4u);
    EXPECT_EQ(prompts[0].id, "0");
    EXPECT_EQ(prompts[1].grader, Grader::number);
    EXPECT_EQ(grade(prompts[2], "True."), std::optional(true));
    EXPECT_EQ(grade(prompts[3], "x"), std::nullopt);
}

TEST(OwnFormat, BadRowsAreRefusedOrCounted) {
    std::string text;
    for (int i = 0; i < 5000; ++i) {
        text += i % 1000 == 7 ? "{\"prompt\": 3}\n" : "{\"id\": " + std::to_string(i) + ", \"prompt\": \"x\"}\n";
    }
    text += "not JSON\n{\"id\": 1, \"prompt\": \"again\"}\n";
    test::expect_error(
        ErrorCode::bad_file,
        "set.jsonl, line 8: \"prompt\" must be a non-empty string. Correct the row, or skip bad rows: --skip-bad.",
        [&] { parse(text, {.skip_option = "--skip-bad"}); });
    SkippedRows skipped;
    EXPECT_EQ(parse(text, {.skipped = &skipped}).size(), 4995u);
    EXPECT_EQ(skipped.count, 7);
    EXPECT_THAT(skipped.first, HasSubstr("set.jsonl, line 8"));
    SkippedRows all;
    test::expect_error(ErrorCode::bad_file, "every row is invalid, the first because: set.jsonl, line 1",
                       [&] { parse("{\"prompt\": 3}", {.skipped = &all}); });
}

TEST(OwnFormat, ABadFirstRowMakesNoCsv) {
    SkippedRows skipped;
    EXPECT_EQ(parse("prompts of mine\n{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n", {.skipped = &skipped}).size(), 2u);
    EXPECT_EQ(skipped.count, 1);
    expect_refused("line 1: expected one JSON object", "prompts of mine\n{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n");
}

TEST(PlainText, IsAPromptALine) {
    for (const char* name : {"mine.txt", "mine", "mine.md"}) {
        const auto prompts = parse_task("\xEF\xBB\xBF  Why is the sky blue?\r\n\n\"Hm\", she said, \n", name, {});
        ASSERT_EQ(prompts.size(), 2u);
        EXPECT_EQ(prompts[0].id, "mine-1");
        EXPECT_EQ(prompts[0].text, "Why is the sky blue?");
        EXPECT_EQ(prompts[0].grader, Grader::none);
        EXPECT_EQ(prompts[1].id, "mine-3");
        EXPECT_EQ(prompts[1].text, "\"Hm\", she said,");
    }
    const auto refused = [](const char* fragment, std::string_view text, const char* name) {
        test::expect_error(ErrorCode::bad_file, fragment, [&] { parse_task(text, name, {}); });
    };
    refused("mine.txt, line 2: expected a prompt as UTF-8 text", "a\n\xff\n", "mine.txt");
    refused("expected a prompt as UTF-8 text", std::string_view("a\0b", 3), "mine.bin");
    refused("Prompts as plain text, one a line, go into a .txt file", "Why is the sky blue?\n", "mine.jsonl");
    refused("Prompts as plain text, one a line, go into a .txt file", "Why is the sky blue?\n", "mine.CSV");
    refused("has no prompts", " \n\n", "mine.txt");
}

TEST(PlainText, TheContentGoesBeforeTheName) {
    EXPECT_EQ(parse_task("\xEF\xBB\xBF\n {\"prompt\": \"a\"}\n", "mine.txt", {})[0].text, "a");
    EXPECT_EQ(
        parse_task("[\n  {\n    \"prompt\": \"a\",\n    \"answer\": 4,\n    \"id\": 7\n  }\n]\n", "mine.csv", {})[0].id,
        "7");
    EXPECT_EQ(parse_task("q,a,b,c,d,A\n", "mine.json", {})[0].grader, Grader::choice);
    SkippedRows skipped;
    EXPECT_EQ(parse_task("q\n[q],a,b,c,d,A\n", "mine.txt", {.skipped = &skipped}).size(), 1u);
    EXPECT_EQ(skipped.count, 1);
    EXPECT_EQ(parse_task("[q],a,b,c,d,A\nq,a,b,c,d,B\n", "mine.csv", {}).size(), 2u);
}

TEST(Csv, BadRowsAreCountedAndTheNextIsRead) {
    const std::string text = "q,a,b,c,d,A\nq,a,b\n\"q,a,b,c,d,B\nq,a,b,c,d,\xff\n\"q\"x,a,b,c,d,B\nq,a,b,c,d,C\n";
    SkippedRows skipped;
    const auto prompts = parse(text, {.skipped = &skipped});
    ASSERT_EQ(prompts.size(), 2u);
    EXPECT_EQ(prompts[1].answer, "C");
    EXPECT_EQ(skipped.count, 4);
    EXPECT_THAT(skipped.first, HasSubstr("set.jsonl, line 2"));
}

TEST(OpenAiEvals, TextsAndMessages) {
    const auto prompts = parse(
        R"({"input": "Two and two?", "ideal": "four"})"
        "\n"
        R"({"input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Two and two?"}], "ideal": ["4", "four"]})"
        "\n"
        R"({"input": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "2+2?"}], "ideal": "4"})");
    ASSERT_EQ(prompts.size(), 3u);
    EXPECT_EQ(prompts[0].text, "Two and two?");
    EXPECT_EQ(prompts[0].id, "set-1");
    EXPECT_EQ(prompts[1].text, "Be brief.\n\nTwo and two?");
    EXPECT_EQ(prompts[2].text, "User: Hi\n\nAssistant: Hello\n\nUser: 2+2?");
    EXPECT_EQ(prompts[1].answer, "4");
    EXPECT_EQ(grade(prompts[1], "Four, of course"), std::optional(true));
    EXPECT_EQ(grade(prompts[1], "44"), std::optional(false));
    expect_refused("line 1: \"input\" must be a string or a list of messages", R"({"input": 3, "ideal": "x"})");
    expect_refused("line 1: \"input\" must be a string or a list of messages", R"({"input": [], "ideal": "x"})");
    expect_refused("line 1: \"input\" must be a string or a list of messages",
                   R"({"input": [{"role": "user"}], "ideal": "x"})");
    expect_refused("line 1: \"ideal\" is an empty list", R"({"input": "x", "ideal": []})");
    expect_refused("line 1: \"ideal\" must be a list", R"({"input": "x", "ideal": [1]})");
    expect_refused("line 1: \"ideal\" must be a list", R"({"input": "x", "ideal": 4})");
}

TEST(Gsm8k, TheNumberBehindTheMark) {
    const auto prompts = parse(
        R"({"question": "Tom has 3 boxes of 400 nails. How many nails?", "answer": "3*400=<<3*400=1200>>1200\n#### 1,200"})");
    ASSERT_EQ(prompts.size(), 1u);
    EXPECT_EQ(prompts[0].answer, "1,200");
    EXPECT_THAT(prompts[0].text, HasSubstr("How many nails?\n\nGive the answer on the last line"));
    EXPECT_EQ(grade(prompts[0], "3 * 400 = 1200 nails.\nAnswer: 1200"), std::optional(true));
    EXPECT_EQ(grade(prompts[0], "Answer: 120"), std::optional(false));
    expect_refused("line 1: expected the final number after \"####\"", R"({"question": "x", "answer": "4"})");
    expect_refused("is not a number", R"({"question": "x", "answer": "#### four"})");
    expect_refused("line 1: \"answer\" must be a non-empty string", R"({"question": "x", "answer": 4})");
}

TEST(MmluLines, ChoicesAndThePlaceOfTheRightOne) {
    const auto prompts = parse(R"({"question": "q", "subject": "s", "choices": ["a", "b", "c", "d"], "answer": 1})"
                               "\n"
                               R"({"question": "q", "choices": ["a", "b", "c"], "answer": "C"})"
                               "\n"
                               R"({"question": "q", "choices": ["a", "b", "c"], "answer": "a"})");
    ASSERT_EQ(prompts.size(), 3u);
    EXPECT_EQ(prompts[0].answer, "B");
    EXPECT_EQ(prompts[0].category, "s");
    EXPECT_EQ(prompts[0].text, "q\n\nA. a\nB. b\nC. c\nD. d\n\nAnswer with the letter alone.");
    EXPECT_EQ(grade(prompts[0], "(B)"), std::optional(true));
    EXPECT_EQ(prompts[1].answer, "C");
    EXPECT_EQ(prompts[2].answer, "A");
    expect_refused("line 1: \"answer\" is 4; expected the index of one of the 4 choices, from 0",
                   R"({"question": "q", "choices": ["a", "b", "c", "d"], "answer": 4})");
    expect_refused("line 1: \"answer\" is -1", R"({"question": "q", "choices": ["a", "b"], "answer": -1})");
    expect_refused("not a letter of 2 choices", R"({"question": "q", "choices": ["a", "b"], "answer": "x"})");
}

TEST(MmluLines, OneListOfObjects) {
    const auto prompts = parse(
        "[\n  {\"question\": \"q\", \"choices\": [\"a\", \"b\"], \"answer\": 1},\n  {\"prompt\": \"p\", \"answer\": "
        "2}\n]\n");
    ASSERT_EQ(prompts.size(), 2u);
    EXPECT_EQ(prompts[0].answer, "B");
    EXPECT_EQ(prompts[1].id, "set-2");
    expect_refused("set.jsonl, element 2: \"prompt\" must be a non-empty string",
                   R"([{"prompt": "x"}, {"prompt": 3}])");
}

TEST(Math, ABoxWithoutBraces) {
    const auto prompts =
        parse(R"({"problem": "p", "solution": "so $\\boxed{\\frac12}$", "level": "Level 1", "type": "Algebra"})"
              "\n"
              R"({"problem": "p2", "solution": "so $\\fbox{3}$", "type": "Algebra"})"
              "\n"
              R"({"problem": "p3", "solution": "so $\\boxed 3$", "type": "Algebra"})");
    ASSERT_EQ(prompts.size(), 3u);
    EXPECT_EQ(prompts[2].answer, "3");
    EXPECT_EQ(grade(prompts[2], "It is \\boxed{3}"), std::optional(true));
}

TEST(Math, LinesAndFolders) {
    const std::string one =
        R"({"problem": "What is $1/2+1/4$?", "level": "Level 1", "type": "Prealgebra", "solution": "We get $\\boxed{\\frac{3}{4}}$."})";
    const auto prompts = parse(
        one + "\n" +
        R"({"problem": "And?", "solution": "none", "answer": "7", "subject": "Algebra", "level": 2, "unique_id": "test/algebra/1.json"})");
    ASSERT_EQ(prompts.size(), 2u);
    EXPECT_EQ(prompts[0].answer, "\\frac{3}{4}");
    EXPECT_EQ(prompts[0].category, "Prealgebra");
    EXPECT_EQ(prompts[0].text, "What is $1/2+1/4$?\n\nPut the final answer in \\boxed{}.");
    EXPECT_EQ(grade(prompts[0], "It is $\\boxed{\\dfrac34}$"), std::optional(true));
    EXPECT_EQ(prompts[1].id, "test/algebra/1.json");
    EXPECT_EQ(prompts[1].category, "Algebra");
    expect_refused("line 1: expected \\boxed{...} in \"solution\"", R"({"problem": "x", "solution": "4"})");
    expect_refused("line 1: \"solution\" must be a non-empty string", R"({"problem": "x"})");

    const test::TemporaryDirectory folder;
    std::filesystem::create_directories(folder / "test/algebra");
    std::filesystem::create_directories(folder / "test/geometry");
    folder.write("test/geometry/2.json", one);
    folder.write("test/algebra/10.json", one);
    folder.write("notes.txt", "no problem");
    const auto all = read_task(folder.path(), {});
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].id, "test/algebra/10");
    EXPECT_EQ(all[1].id, "test/geometry/2");
    folder.write("test/geometry/3.json", "{");
    test::expect_error(ErrorCode::bad_file, "geometry/3.json: expected one JSON object",
                       [&] { read_task(folder.path(), {}); });
}

class Mmlu : public ::testing::Test {
  protected:
    Mmlu() {
        for (const char* name : {"test", "dev", "val"}) std::filesystem::create_directories(folder_ / name);
        folder_.write("dev/old_songs_dev.csv", "First?,a,b,c,d,A\n\"Second, or not?\",e,f,g,h,C\nThird?,i,j,k,l,D\n");
        folder_.write("val/ships_val.csv", "Sail?,a,b,c,d,B\n");
        folder_.write("test/ships_test.csv", "\"Which \"\"knot\"\"?\",bowline,reef,\"x,y\",none,A\n");
        folder_.write("test/old_songs_test.csv", "Who sang?,one,two,three,four,B\nWho sings?,1,2,3,4,D\n");
    }
    test::TemporaryDirectory folder_;
};

TEST_F(Mmlu, ExamplesBeforeEachQuestion) {
    const auto prompts = read_task(folder_.path(), {.shots = 2});
    ASSERT_EQ(prompts.size(), 3u);
    EXPECT_EQ(prompts[0].id, "old_songs-1");
    EXPECT_EQ(prompts[0].category, "old_songs");
    EXPECT_EQ(prompts[0].text,
              "The following are multiple choice questions (with answers) about old songs.\n\n"
              "First?\n\nA. a\nB. b\nC. c\nD. d\nAnswer: A\n\n"
              "Second, or not?\n\nA. e\nB. f\nC. g\nD. h\nAnswer: C\n\n"
              "Who sang?\n\nA. one\nB. two\nC. three\nD. four\n\nAnswer with the letter alone.");
    EXPECT_EQ(prompts[0].answer, "B");
    EXPECT_EQ(prompts[1].choices, (std::vector<std::string>{"1", "2", "3", "4"}));
    EXPECT_EQ(grade(prompts[1], "D"), std::optional(true));
    EXPECT_THAT(prompts[2].text, HasSubstr("about ships"));
    EXPECT_THAT(prompts[2].text, HasSubstr("Sail?"));
    EXPECT_THAT(prompts[2].text, HasSubstr("Which \"knot\"?\n\nA. bowline"));
}

TEST_F(Mmlu, WithoutExamples) {
    std::filesystem::remove(folder_ / "val/ships_val.csv");
    EXPECT_EQ(read_task(folder_.path(), {.shots = 0})[0].text,
              "Who sang?\n\nA. one\nB. two\nC. three\nD. four\n\nAnswer with the letter alone.");
    test::expect_error(ErrorCode::not_found, "use --shots 0", [&] { read_task(folder_.path(), {}); });
    const auto file = read_task(folder_ / "test/ships_test.csv", {});
    ASSERT_EQ(file.size(), 1u);
    EXPECT_EQ(file[0].category, "ships");
}

// A pruned cache leaves links to nothing: a test of fewer questions would be another test.
TEST_F(Mmlu, FilesThatAreNoneAreNotLeftOut) {
    std::filesystem::create_symlink("/nowhere", folder_ / "test/birds_test.csv");
    test::expect_error(ErrorCode::bad_file, "birds_test.csv is not a regular file",
                       [&] { read_task(folder_.path(), {}); });
    std::filesystem::remove(folder_ / "test/birds_test.csv");
    std::filesystem::create_directory_symlink(folder_ / "val", folder_ / "test/more");
    test::expect_error(ErrorCode::bad_file, "is a symbolic link to a folder", [&] { read_task(folder_.path(), {}); });
}

// Each question carries the examples.
TEST_F(Mmlu, LongExamplesBeforeManyQuestionsAreRefused) {
    folder_.write("val/ships_val.csv", std::string(1'000'000, 'x') + ",a,b,c,d,B\n");
    std::string many;
    for (int i = 0; i < 3000; ++i) many += "q,a,b,c,d,A\n";
    folder_.write("test/ships_test.csv", many);
    test::expect_error(ErrorCode::out_of_budget, "use fewer --shots", [&] { read_task(folder_.path(), {}); });
}

TEST_F(Mmlu, MistakesAreNamedWithTheirLine) {
    const auto refused = [&](const std::string& fragment, std::string_view content) {
        folder_.write("test/ships_test.csv", content);
        test::expect_error(ErrorCode::bad_file, fragment, [&] { read_task(folder_.path(), {}); });
    };
    refused("ships_test.csv, line 2: expected a question, four choices and a letter", "a,b,c,d,e,A\na,b,c,d,e\n");
    refused("ships_test.csv, line 1: expected a question", "a,b,c,d,e,E\n");
    refused("ships_test.csv, line 1: expected a question", "a,b,c,d,e,f,A\n");
    refused("ships_test.csv, line 1: the quote", "\"a,b,c,d,e,A\n");
}

TEST(Gpqa, ChoicesAreShuffledBySeedAndId) {
    std::string text =
        "\xEF\xBB\xBFRecord ID,Question,Subdomain,High-level domain,Correct Answer,Incorrect Answer 1,Incorrect Answer "
        "2,Incorrect Answer 3\r\n";
    for (int i = 0; i < 400; ++i) {
        text +=
            "rec" + std::to_string(i) + ",\"Why,\nand how?\",Optics,Physics,\"right\n\",wrong 1,wrong 2,wrong 3\r\n";
    }
    const auto prompts = parse_task(text, "gpqa.csv", {.seed = 1});
    ASSERT_EQ(prompts.size(), 400u);
    EXPECT_EQ(prompts[3].id, "rec3");
    EXPECT_EQ(prompts[3].category, "Physics");
    EXPECT_THAT(prompts[3].text, HasSubstr("Why,\nand how?\n\nA. "));
    std::map<std::string, int> letters;
    for (const Prompt& prompt : prompts) {
        ++letters[prompt.answer];
        EXPECT_EQ(prompt.choices[static_cast<std::size_t>(prompt.answer[0] - 'A')], "right");
        EXPECT_EQ(std::set<std::string>(prompt.choices.begin(), prompt.choices.end()).size(), 4u);
    }
    // 100 of each are expected, with a standard deviation of 8.7; five of them are allowed.
    for (const char* letter : {"A", "B", "C", "D"}) EXPECT_NEAR(letters[letter], 100, 44) << letter;
    const auto again = parse_task(text, "gpqa.csv", {.seed = 1}), other = parse_task(text, "gpqa.csv", {.seed = 2});
    int same = 0;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        EXPECT_EQ(prompts[i].text, again[i].text);
        same += prompts[i].choices == other[i].choices;
    }
    EXPECT_LT(same, 60);  // one of 24 orders: 17 are expected
}

TEST(Gpqa, MistakesAreNamedWithTheirLine) {
    const std::string header = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n";
    expect_refused("line 3: expected 5 fields as in the first row, found 4", header + "q,a,b,c,d\nq,a,b,c\n");
    expect_refused("line 2: \"Incorrect Answer 2\" is empty", header + "q,a,b, ,d\n");
    expect_refused("has no prompts", header);
    EXPECT_EQ(parse(header + "q,a,b,c,d\n")[0].id, "set-1");
    expect_refused("line 3: the id \"1\" occurs twice", "Record ID," + header + "1,q,a,b,c,d\n1,q,a,b,c,d\n");
    expect_refused("line 1: expected a question, four choices", "Question,Answer\nq,a\n");
}

TEST(Tasks, ASampleIsSeededAndInOrder) {
    std::string text;
    for (int i = 100; i < 200; ++i) text += "{\"id\": \"" + std::to_string(i) + "\", \"prompt\": \"x\"}\n";
    const auto ids = [&](const TaskOptions& options) {
        std::vector<std::string> found;
        for (const Prompt& prompt : parse(text, options)) found.push_back(prompt.id);
        return found;
    };
    const auto sample = ids({.seed = 4, .count = 30});
    EXPECT_EQ(sample.size(), 30u);
    EXPECT_TRUE(std::ranges::is_sorted(sample));
    EXPECT_EQ(std::set<std::string>(sample.begin(), sample.end()).size(), 30u);
    EXPECT_EQ(sample, ids({.seed = 4, .count = 30}));
    EXPECT_NE(sample, ids({.seed = 5, .count = 30}));
    EXPECT_EQ(ids({.count = 0}).size(), 100u);
    EXPECT_EQ(ids({.count = 100}), ids({}));
    EXPECT_EQ(ids({.count = 1000}), ids({}));
    test::expect_error(ErrorCode::bad_argument, "-1 prompts", [&] { parse(text, {.count = -1}); });
    test::expect_error(ErrorCode::bad_argument, "101 solved examples", [&] { parse(text, {.shots = 101}); });
    test::expect_error(ErrorCode::bad_argument, "-1 solved examples", [&] { parse(text, {.shots = -1}); });
}

TEST(Tasks, AreFoundByNameOrPath) {
    EXPECT_EQ(open_task("puzzles", {}).size(), 60u);
    EXPECT_EQ(open_task("puzzles", {.count = 7}).size(), 7u);
    EXPECT_EQ(open_task("everyday", {.count = 5}).size(), 5u);
    test::expect_error(ErrorCode::not_found, "built in are: everyday, held-out, lookups, puzzles",
                       [] { open_task("no-such-set", {}); });
    test::expect_error(ErrorCode::not_found, "/no/such/file.jsonl", [] { read_task("/no/such/file.jsonl", {}); });
    const test::TemporaryDirectory folder;
    test::expect_error(ErrorCode::bad_file, "has no prompts", [&] { open_task(folder.path().string(), {}); });
    const auto file = folder.write("mine.jsonl", "{\"prompt\": \"x\"}");
    EXPECT_EQ(open_task(file.string(), {})[0].id, "mine-1");
}

TEST(Tasks, HostileFilesAreRefused) {
    for (const char* piece : {"[", "{", "{\"prompt\":", "\"", ",", "\xff", "\n{\"prompt\":\"x\",\"choices\":["}) {
        std::string text = "{";
        while (text.size() < (test::sanitized ? 100'000 : 1'000'000)) text += piece;
        test::expect_error(ErrorCode::bad_file, "set.jsonl", [&] { parse(text); });
        test::expect_error(ErrorCode::bad_file, "set.jsonl", [&] { parse(std::string_view(text).substr(1)); });
    }
}

// The set that ships: forty questions of everyday life, one of them whether one may lie to spare feelings.
TEST(ShippedSets, Everyday) {
    const auto prompts = open_task("everyday", {});
    EXPECT_EQ(prompts.size(), 40u);
    EXPECT_TRUE(std::ranges::any_of(prompts, [](const Prompt& prompt) {
        return prompt.text.find(" lie ") != std::string::npos && prompt.text.find("feelings") != std::string::npos;
    }));
    for (const Prompt& prompt : prompts) {
        EXPECT_FALSE(prompt.category.empty()) << prompt.id;
        EXPECT_EQ(prompt.answer.empty(), prompt.grader == Grader::none) << prompt.id;
    }
}

TEST(ShippedSets, EverydayAnswersInSentencesAreGraded) {
    const std::map<std::string, std::pair<std::string, std::string>> answers{
        {"facts-capital-australia", {"The capital of Australia is **Canberra**, not Sydney.", "Sydney"}},
        {"facts-chemical-symbol", {"K stands for potassium (from Latin *kalium*).", "K is krypton."}},
        {"facts-author", {"It was written by Jane Austen in 1813.", "Charlotte Brontë"}},
        {"facts-longest-bone", {"The femur, or thigh bone.", "The tibia"}},
        {"maths-tip", {"86.40 × 1.15 = 99.36; divided by 4 each pays **€24.84**.", "Each pays 21.60, with tip 24.48"}},
        {"maths-trains",
         {"They close at 150 km/h, so they meet after 300/150 = **2 hours**.", "They meet after 3 hours."}},
        {"maths-paint", {"2 × (5 + 4) × 2.5 = 45 m². The floor would be 20.", "50 m²"}},
        {"maths-discounts", {"120 − 30 = 90, and 90 − 9 = 81. You pay 81.", "You pay 78."}},
        {"maths-percent-back", {"By 25%: 80 × 1.25 = 100. It isn't 20% because the base is smaller.", "By 20%."}},
        {"logic-siblings", {"One. Each brother's two sisters are Anna and one other.", "Anna has two sisters."}}};
    std::size_t graded = 0;
    for (const Prompt& prompt : open_task("everyday", {})) {
        if (prompt.grader == Grader::none) continue;
        ASSERT_TRUE(answers.contains(prompt.id)) << prompt.id;
        EXPECT_EQ(grade(prompt, answers.at(prompt.id).first), std::optional(true)) << prompt.id;
        EXPECT_EQ(grade(prompt, answers.at(prompt.id).second), std::optional(false)) << prompt.id;
        ++graded;
    }
    EXPECT_EQ(graded, answers.size());
}

TEST(ShippedSets, Lookups) {
    const auto prompts = open_task("lookups", {});
    EXPECT_GE(prompts.size(), 30u);
    EXPECT_LE(prompts.size(), 40u);
    for (const Prompt& prompt : prompts) {
        EXPECT_FALSE(prompt.category.empty()) << prompt.id;
        EXPECT_EQ(grade(prompt, "**" + prompt.answer + "** is what you are looking for."), std::optional(true))
            << prompt.id;
        EXPECT_EQ(grade(prompt, "I do not know; " + prompt.text), std::optional(false)) << prompt.id;
    }
}

}  // namespace
}  // namespace ergon::tasks
