// --json, --json-out, --csv and --csv-out: the same in every command that reports, and nothing beside them on stdout.

#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class DataOutputs : public ::testing::Test {
  protected:
    DataOutputs() {
        prompts_ = folder_.write("prompts.jsonl", "{\"id\": \"a\", \"prompt\": \"What is 2+2?\", \"answer\": 4}\n");
        std::string text;
        for (int i = 0; i < 40; ++i) text += "The quick brown fox jumps over the lazy dog. ";
        text_ = folder_.write("text.txt", text);
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    /// Commands whose data are the same each time.
    std::vector<std::vector<std::string>> steady_commands() {
        const std::string kept = path("kept.sqlite");
        const Outcome outcome =
            run_ergon({"compare", fixture("scripted-thinker"), fixture("scripted-plain"), "--prompts", prompts_,
                       "--idle-seconds", "0", "--sessions", "1", "--results", kept});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return {{"inspect", fixture("llama-gqa")},
                {"perplexity", fixture("scripted-plain"), text_, "--window", "64", "--threads", "1"},
                {"puzzles", "--count", "1"},
                {"report", kept},
                {"meter", "--list"}};
    }
    static Outcome with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_ergon(arguments);
    }
    /// The exit code of a command of the shell.
    static int shell(const std::string& command) {
        return WEXITSTATUS(std::system(fmt::format("bash -c '{}'", command).c_str()));  // NOLINT: a test's own words
    }

    TemporaryFolder folder_;
    std::string prompts_, text_;
};

TEST_F(DataOutputs, StdoutAndFilesHoldTheSameAndNothingElse) {
    for (const auto& command : steady_commands()) {
        SCOPED_TRACE(command[0]);
        const Outcome printed = with(command, {"--json"});
        ASSERT_EQ(printed.exit_code, 0) << printed.err;
        EXPECT_NO_THROW(std::ignore = json::parse(printed.out)) << printed.out;
        for (const char* name : {"-", "/dev/stdout"})
            EXPECT_EQ(with(command, {"--json-out", name}).out, printed.out) << name;
        const Outcome filed = with(command, {"--json-out", path("f.json")});
        EXPECT_EQ(filed.exit_code, 0) << filed.err;
        EXPECT_EQ(read_file(path("f.json")), printed.out);
        EXPECT_EQ(filed.out, with(command, {}).out) << "what people read is as without it";
        const Outcome both = with(command, {"--json", "--json-out", path("g.json")});
        EXPECT_EQ(both.out, printed.out);
        EXPECT_EQ(read_file(path("g.json")), printed.out);
    }
}

TEST_F(DataOutputs, CsvAndPagesGoToStdoutToo) {
    const auto report = steady_commands()[3];
    const Outcome rows = with(report, {"--csv"});
    EXPECT_THAT(rows.out, ::testing::StartsWith("contender,"));
    with(report, {"--csv-out", path("f.csv"), "--html", path("f.html")});
    EXPECT_EQ(read_file(path("f.csv")), rows.out);
    EXPECT_EQ(with(report, {"--html", "-"}).out, read_file(path("f.html")));
    const Outcome mixed = with(report, {"--csv", "--json-out", path("f.json")});
    EXPECT_EQ(mixed.out, rows.out);
    EXPECT_TRUE(json::accept(read_file(path("f.json"))));
}

TEST_F(DataOutputs, OnlyOneOfThemGoesToStdout) {
    const auto report = steady_commands()[3];
    for (const std::vector<std::string>& more : {std::vector<std::string>{"--json", "--csv"},
                                                 {"--json", "--html", "-"},
                                                 {"--csv-out", "-", "--json-out", "/dev/stdout"}}) {
        const Outcome outcome = with(report, more);
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_THAT(outcome.err, HasSubstr("Only one output can go to stdout"));
        EXPECT_EQ(outcome.out, "");
    }
}

TEST_F(DataOutputs, ResultsInSafetensorsGoToStdoutToo) {
    const std::string ids = folder_.write("ids.json", "[1, 2, 3]");
    const std::vector<std::string> logits{"logits", fixture("llama-gqa"), "--ids", ids, "--out"};
    ASSERT_EQ(with(logits, {path("f")}).exit_code, 0);
    EXPECT_EQ(with(logits, {"-"}).out, read_file(path("f")));
}

TEST_F(DataOutputs, PipesAreWrittenToAndFullDisksAreFailures) {
    const std::string inspect = fmt::format("\"{}\" inspect \"{}\"", ERGON_PROGRAM, fixture("llama-gqa"));
    const std::string logits = fmt::format("\"{}\" logits \"{}\" --ids \"{}\"", ERGON_PROGRAM, fixture("llama-gqa"),
                                           folder_.write("ids.json", "[1, 2, 3]"));
    ASSERT_EQ(shell(fmt::format("{} --json > \"{}\"", inspect, path("a"))), 0);
    ASSERT_EQ(shell(fmt::format("{} --json-out >(cat > \"{}\") > /dev/null; code=$?; wait $!; exit $code", inspect,
                                path("b"))),
              0);
    EXPECT_EQ(read_file(path("a")), read_file(path("b")));
    ASSERT_EQ(shell(fmt::format("{} --out \"{}\"", logits, path("c"))), 0);
    ASSERT_EQ(shell(fmt::format("{} --out >(cat > \"{}\"); code=$?; wait $!; exit $code", logits, path("d"))), 0);
    EXPECT_EQ(read_file(path("c")), read_file(path("d")));
    for (const std::string& command : {inspect + " --json", inspect + " --json-out -", logits + " --out -"}) {
        EXPECT_EQ(shell(command + " > /dev/full 2> /dev/null"), 1) << command;
    }
    EXPECT_EQ(shell(inspect + " --json-out /dev/full > /dev/null 2>&1"), 1);
    EXPECT_EQ(shell(logits + " --out /dev/full 2> /dev/null"), 1);
}

TEST_F(DataOutputs, WhatIsBesideStdoutOfACommandGoesToStderr) {
    const Outcome beside = run_ergon({"meter", "--json", "--", "echo", "mine"});
    EXPECT_EQ(beside.out, "mine\n");
    EXPECT_TRUE(json::accept(beside.err)) << beside.err;
    const Outcome asked = run_ergon({"meter", "--json-out", "-", "--", "true"});
    EXPECT_TRUE(json::accept(asked.out)) << asked.out;
    EXPECT_EQ(asked.err, "");
}

}  // namespace
}  // namespace ergon::cli
