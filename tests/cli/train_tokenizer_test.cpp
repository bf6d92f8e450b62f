// ergon train-tokenizer

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(TrainTokenizer, MakesAFolderThatTokenizeReads) {
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "words").string(), text = fixture("text/english.txt");
    const Outcome trained = run_ergon({"train-tokenizer", text, "--vocab", "600", "--out", out, "--json"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const auto report = nlohmann::json::parse(trained.out);
    EXPECT_EQ(report["vocabulary"], 600);
    EXPECT_EQ(report["vocabulary_asked_for"], 600);
    EXPECT_EQ(report["merges"], 600 - 263);
    EXPECT_EQ(report["bytes"], 22122);
    EXPECT_EQ(report["folder"], out);
    EXPECT_GT(report["seconds"], 0);
    EXPECT_DOUBLE_EQ(report["bytes_per_token"].get<double>(), 22122 / report["tokens"].get<double>());

    const Outcome ids = run_ergon({"tokenize", out}, read_file(text));
    ASSERT_EQ(ids.exit_code, 0) << ids.err;
    EXPECT_EQ(nlohmann::json::parse(ids.out).size(), report["tokens"]);
    EXPECT_EQ(run_ergon({"tokenize", out, "--ids"}, ids.out).out, read_file(text));
    EXPECT_EQ(run_ergon({"tokenize", out}, "<think>").out.find("598"), std::string::npos);
    EXPECT_EQ(run_ergon({"tokenize", out, "--special"}, "<think>").out, "[0,598]\n");

    const std::string messages = folder.write("chat.json", R"([{"role": "user", "content": "Hi"}])");
    EXPECT_EQ(run_ergon({"template", out, "--messages", messages}).out,
              "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜></think>");
}

TEST(TrainTokenizer, SaysWhatItDid) {
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "words").string();
    const Outcome outcome = run_ergon({"train-tokenizer", fixture("text/english.txt"), "--vocab", "300", "--out", out});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, StartsWith("300 tokens (256 bytes, 37 merges, 7 markers) in " + out + "\n"));
    EXPECT_THAT(outcome.out, HasSubstr("22,122 bytes of text are "));
    EXPECT_THAT(outcome.out, ::testing::ContainsRegex(" tokens: 1\\.[0-9]+ bytes per token\n[0-9.]+ s\n$"));
}

TEST(TrainTokenizer, TheFilesDependOnNeitherThreadsNorTheOrderOfTexts) {
    const TemporaryFolder folder;
    const std::string english = fixture("text/english.txt"), mixed = fixture("train/mixed.txt");
    const auto files = [&](const std::vector<std::string>& arguments) {
        const std::string out = (folder.path() / "words").string();
        std::vector<std::string> all{"train-tokenizer", "--out", out, "--vocab", "700"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Outcome outcome = run_ergon(all);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return read_file(out + "/tokenizer.json") + read_file(out + "/tokenizer_config.json");
    };
    const std::string expected = files({english, mixed, "--threads", "1"});
    EXPECT_GT(expected.size(), 20'000u);
    EXPECT_EQ(files({english, mixed, "--threads", "4"}), expected);
    EXPECT_EQ(files({mixed, english, "--threads", "3"}), expected);
    EXPECT_NE(files({english, "--threads", "1"}), expected);
}

TEST(TrainTokenizer, SaysWhenTheTextGivesLess) {
    const TemporaryFolder folder;
    const std::string text = folder.write("short.txt", "the cat the cat the hat"),
                      out = (folder.path() / "words").string();
    const Outcome outcome = run_ergon({"train-tokenizer", text, "--vocab", "1000", "--out", out, "--json"});
    EXPECT_EQ(outcome.exit_code, 0);
    // at, he, the, cat, and the and cat with the space before them
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["vocabulary"], 269);
    EXPECT_THAT(outcome.err, HasSubstr("ergon: this text gives 269 tokens instead of 1000, because no other pair of "
                                       "symbols occurs at least 2 times. "
                                       "Give more text, or use --vocab 269.\n"));
    const Outcome exact = run_ergon({"train-tokenizer", text, "--vocab", "269", "--out", out});
    EXPECT_THAT(exact.err, ::testing::Not(HasSubstr("gives")));
    const Outcome all =
        run_ergon({"train-tokenizer", text, "--vocab", "1000", "--min-count", "1", "--out", out, "--json"});
    EXPECT_GT(nlohmann::json::parse(all.out)["vocabulary"], 269);
}

TEST(TrainTokenizer, FailuresAreSentences) {
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "words").string(), text = fixture("text/english.txt");
    const std::string empty = folder.write("empty.txt", ""), lines = folder.write("bad.jsonl", "{\"text\": 1}\n{}\n");
    const struct {
        std::vector<std::string> arguments;
        int exit_code;
        std::string fragment;
    } cases[] = {
        {{text}, 2, "--out"},
        {{"--out", out}, 2, "TEXT"},
        {{text, "--out", out, "--vocab", "262"}, 2, "--vocab"},
        {{text, "--out", out, "--min-count", "0"}, 2, "--min-count"},
        {{"/no/such.txt", "--out", out}, 1, "cannot open /no/such.txt"},
        {{empty, "--out", out},
         1,
         "There is no text in " + empty + "; give files that hold what the models will read."},
        {{text, lines, "--out", out}, 1, lines + ", line 2: expected at least one of \"prompt\""},
        {{text, "--out", empty}, 1, empty + "/tokenizer.json cannot be written (Not a directory)"},
    };
    for (const auto& one : cases) {
        std::vector<std::string> arguments{"train-tokenizer"};
        arguments.insert(arguments.end(), one.arguments.begin(), one.arguments.end());
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, one.exit_code) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("ergon: "));
        EXPECT_THAT(outcome.err, HasSubstr(one.fragment));
        EXPECT_THAT(outcome.out, IsEmpty());
    }
    EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace ergon::cli
