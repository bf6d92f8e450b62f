// ergon puzzles

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<nlohmann::json> puzzles(std::vector<std::string> options) {
    options.insert(options.begin(), "puzzles");
    options.emplace_back("--json");
    const Outcome outcome = run_ergon(options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::istringstream lines(outcome.out);
    std::vector<nlohmann::json> found;
    for (std::string line; std::getline(lines, line);) found.push_back(nlohmann::json::parse(line));
    return found;
}

TEST(Puzzles, AreLinesOfJson) {
    const auto found = puzzles({"--kind", "countdown", "--difficulty", "3", "--count", "4", "--seed", "1"});
    ASSERT_EQ(found.size(), 4u);
    for (const nlohmann::json& one : found) {
        EXPECT_EQ(one["kind"], "countdown");
        EXPECT_EQ(one["difficulty"], 3);
        EXPECT_THAT(one["thinking"].get<std::string>(), HasSubstr("no, back"));
        EXPECT_FALSE(one["prompt"].get<std::string>().empty());
        EXPECT_FALSE(one["answer"].get<std::string>().empty());
    }
}

TEST(Puzzles, DirectOnesAreTheSameWithoutThought) {
    const auto think = puzzles({"--count", "20"}), direct = puzzles({"--count", "20", "--style", "direct"});
    ASSERT_EQ(think.size(), direct.size());
    for (std::size_t i = 0; i < think.size(); ++i) {
        EXPECT_FALSE(direct[i].contains("thinking"));
        EXPECT_EQ(think[i]["prompt"], direct[i]["prompt"]);
        EXPECT_EQ(think[i]["answer"], direct[i]["answer"]);
    }
}

TEST(Puzzles, GoOnWhereOthersEnd) {
    const auto all = puzzles({"--count", "10"}), rest = puzzles({"--first", "6", "--count", "4"}),
               held_out = puzzles({"--count", "10", "--split", "held-out"});
    for (std::size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i], all[6 + i]);
    for (std::size_t i = 0; i < held_out.size(); ++i) EXPECT_NE(held_out[i]["key"], all[i]["key"]);
}

TEST(Puzzles, AreReadableWithoutJson) {
    const Outcome outcome = run_ergon({"puzzles", "--kind", "sorting", "--count", "1"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, StartsWith("sorting, difficulty "));
    EXPECT_THAT(outcome.out, HasSubstr("</think>\nAnswer: "));
    EXPECT_THAT(run_ergon({"puzzles", "--style", "direct"}).out, Not(HasSubstr("<think>")));
    EXPECT_EQ(run_ergon({"puzzles", "--count", "0"}).out, "");
}

TEST(Puzzles, WrongUseIsSaid) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--kind", "chess"}, "chess"}, {{"--difficulty", "6"}, "6"}, {{"--split", "test"}, "test"},
        {{"--style", "loud"}, "loud"},  {{"--count", "-1"}, "-1"},    {{"--first", "-2"}, "-2"},
        {{"--seed", "-3"}, "-3"}};
    for (const auto& [options, named] : cases) {
        std::vector<std::string> arguments{"puzzles"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << named;
        EXPECT_THAT(outcome.err, HasSubstr(named));
        EXPECT_EQ(outcome.out, "");
    }
}

TEST(Puzzles, TalkIsDrawnFromAFileOfTopics) {
    const std::string topics = std::string(ERGON_SOURCE_DIR) + "/data/conversation.jsonl";
    const auto found = puzzles({"--conversation", topics, "--count", "50", "--seed", "2"});
    ASSERT_EQ(found.size(), 50u);
    EXPECT_NE(found[0], found[1]);
    for (const nlohmann::json& one : found) {
        EXPECT_EQ(one["grader"], "none");
        EXPECT_FALSE(one["prompt"].get<std::string>().empty());
        EXPECT_FALSE(one["answer"].get<std::string>().empty());
    }
    EXPECT_EQ(found, puzzles({"--conversation", topics, "--count", "50", "--seed", "2"}));
    EXPECT_EQ(found[7], puzzles({"--conversation", topics, "--count", "1", "--first", "7", "--seed", "2"})[0]);
    EXPECT_EQ(run_ergon({"puzzles", "--conversation", topics, "--kind", "logic"}).exit_code, 2);
    EXPECT_EQ(run_ergon({"puzzles", "--conversation", "none.jsonl"}).exit_code, 1);
}

}  // namespace
}  // namespace ergon::cli
