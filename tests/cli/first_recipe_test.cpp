// docs/training.md, "A first model in three minutes", command by command.

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(FirstRecipe, LearnsToCompareInThreeMinutes) {
    const TemporaryFolder folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const auto puzzles = [&](const char* name, const char* split, const char* count) {
        const Outcome made = run_ergon(
            {"puzzles", "--split", split, "--kind", "comparison", "--difficulty", "1", "--count", count, "--json"});
        ASSERT_EQ(made.exit_code, 0) << made.err;
        std::ofstream(path(name)) << made.out;
    };
    puzzles("puzzles.jsonl", "train", "20000");
    puzzles("exam.jsonl", "held-out", "100");
    const Outcome words =
        run_ergon({"train-tokenizer", path("puzzles.jsonl"), "--vocab", "298", "--out", path("words")});
    ASSERT_EQ(words.exit_code, 0) << words.err;
    const Outcome trained = run_ergon({"train", ERGON_SOURCE_DIR "/recipes/first.toml", "--out", path("run"), "--set",
                                       "tokenizer=" + path("words"), "--set",
                                       "data.files=[\"" + path("puzzles.jsonl") + "\"]", "--threads", "2"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;

    std::vector<json> log;
    std::ifstream lines(path("run/log.jsonl"));
    for (std::string line; std::getline(lines, line);) log.push_back(json::parse(line));
    ASSERT_EQ(log.size(), 2000u);
    double loss = 0;
    for (std::size_t i = 1800; i < 2000; ++i) loss += log[i]["loss"].get<double>() / 200;
    EXPECT_LT(loss, 0.02);
    EXPECT_LT(log.back()["total_seconds"].get<double>(), 180);

    EXPECT_THAT(run_ergon({"run", path("run/model.gguf"), "Which number is the smaller, 53 or 86?"}).out,
                HasSubstr("53"));
    const Outcome asked =
        run_ergon({"eval", path("run/model.gguf"), "--prompts", path("exam.jsonl"), "--max-tokens", "60",
                   "--idle-seconds", "0", "--results", path("r.sqlite"), "--json-out", path("found.json")});
    ASSERT_EQ(asked.exit_code, 0) << asked.err;
    std::ifstream found(path("found.json"));
    EXPECT_GE(json::parse(found)["contenders"][0]["right"].get<double>(), 80);
}

}  // namespace
}  // namespace ergon::cli
