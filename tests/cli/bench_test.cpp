#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/temporary_directory.h"
#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Bench, JsonHasOneObjectForEachMeasurement) {
    const Outcome outcome = run_ergon({"bench", fixture("llama-gqa"), "--prompt-tokens", "40,64", "--generate-tokens",
                                       "8", "--batch", "1,3", "--threads", "1", "--repeats", "2", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json rows = json::parse(outcome.out);
    ASSERT_EQ(rows.size(), 6u);
    EXPECT_EQ(rows[0]["test"], "prefill");
    EXPECT_EQ(rows[0]["tokens"], 40);
    EXPECT_EQ(rows[1]["tokens"], 64);
    EXPECT_EQ(rows[2]["test"], "decode");
    EXPECT_EQ(rows[2]["tokens"], 8);
    EXPECT_EQ(rows[5]["batch"], 3);
    for (const json& row : rows) {
        EXPECT_EQ(row["threads"], 1);
        EXPECT_GT(row["tokens_per_second"], 0.0);
        EXPECT_EQ(row["joules_per_token"]["unit"], "J");
        EXPECT_GT(row["joules_per_token"]["value"], 0.0);
        EXPECT_EQ(row["threads_chosen"], "given");
        EXPECT_GT(row["processor_seconds_per_token"], 0.0);
        EXPECT_EQ(row.size(), 8u) << row;
    }
}

TEST(Bench, ThreadsTakeTurnsAndDepthIsTold) {
    const Outcome outcome =
        run_ergon({"bench", fixture("deepseek-v2-lite"), "--prompt-tokens", "0", "--generate-tokens", "4", "--depth",
                   "20", "--threads", "1,2", "--repeats", "1", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json rows = json::parse(outcome.out);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0]["threads"], 1);
    EXPECT_EQ(rows[1]["threads"], 2);
    EXPECT_EQ(rows[1]["depth"], 20);
}

// By itself the number of threads is timed, once: the next time it is known. A folder that cannot be written, or a file
// of nonsense, only costs the time again.
TEST(Bench, ThreadsAreChosenByThemselvesAndKept) {
    const test::TemporaryDirectory data;
    const auto chosen = [&](const Environment& environment) {
        const Outcome outcome = run_ergon(
            {"bench", fixture("qwen2"), "--prompt-tokens", "32", "--generate-tokens", "4", "--repeats", "1", "--json"},
            "", environment);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        const json rows = json::parse(outcome.out);
        EXPECT_GE(rows[0]["threads"], 1);
        return rows[0]["threads_chosen"].get<std::string>();
    };
    const Environment environment{{"XDG_DATA_HOME", data.path().string()}};
    if (chosen(environment) == "only") GTEST_SKIP() << "one processor leaves no choice";
    const std::filesystem::path file = data.path() / "ergon" / "threads.json";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "other programs were busy, so the choice was not kept";
    EXPECT_EQ(chosen(environment), "kept");
    std::ofstream(file) << "nonsense";
    EXPECT_EQ(chosen(environment), "timed");
    EXPECT_EQ(chosen({{"XDG_DATA_HOME", "/proc/no/such/folder"}}), "timed");
}

TEST(Bench, TheTableIsForPeople) {
    const Outcome outcome =
        run_ergon({"bench", fixture("qwen2"), "--prompt-tokens", "32", "--generate-tokens", "4", "--repeats", "1"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("tokens/s"));
    EXPECT_THAT(outcome.out, HasSubstr("\nprefill "));
    EXPECT_THAT(outcome.out, HasSubstr("\ndecode "));
    // Of so small a model; every number of the column has the heading's unit.
    EXPECT_THAT(outcome.out, ContainsRegex("CPU (µ|m)s/token  (µ|m)J/token\n"));
    EXPECT_THAT(outcome.out, Not(HasSubstr(" 0.00 ")));
    EXPECT_THAT(outcome.out, Not(HasSubstr(" 0.0000 ")));
}

TEST(Bench, WrongUse) {
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"--prompt-tokens", "x"}, {"--batch", "0"}, {"--repeats", "0"}, {"--depth", "-1"}}) {
        std::vector<std::string> arguments{"bench", fixture("qwen2")};
        arguments.insert(arguments.end(), wrong.begin(), wrong.end());
        EXPECT_EQ(run_ergon(arguments).exit_code, 2) << wrong[0];
    }
    const Outcome outcome =
        run_ergon({"bench", fixture("qwen2"), "--prompt-tokens", "1000000000", "--generate-tokens", "0"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("do not fit into the model's context"));
}

}  // namespace
}  // namespace ergon::cli
