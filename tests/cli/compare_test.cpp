#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Compare : public ::testing::Test {
  protected:
    Outcome compare(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"compare",
                                           fixture("scripted-thinker"),
                                           fixture("scripted-plain"),
                                           "--idle-seconds",
                                           "0",
                                           "--sessions",
                                           "1",
                                           "--results",
                                           (folder_.path() / "results.sqlite").string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_ergon(arguments);
    }
    TemporaryFolder folder_;
};

TEST_F(Compare, PrintsATableAndWritesTheFindings) {
    const std::string findings = (folder_.path() / "findings.json").string();
    const Outcome outcome = compare({"--limit", "4", "--max-tokens", "100", "--json-out", findings});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("scripted-thinker"));
    EXPECT_THAT(outcome.out, HasSubstr("scripted-plain"));
    EXPECT_THAT(outcome.err, HasSubstr("8/8 answers"));
    EXPECT_THAT(outcome.err, HasSubstr("results.sqlite (run 1)"));
    std::ifstream file(findings);
    const json found = json::parse(file);
    EXPECT_EQ(found["contenders"].size(), 2u);
    EXPECT_EQ(found["contenders"][0]["answers"], 4);
    EXPECT_EQ(found["settings"]["max_tokens"], 100);
    EXPECT_EQ(found["settings"]["prompts"], "everyday");
    EXPECT_EQ("ergon " + found["version"].get<std::string>() + "\n", run_ergon({"--version"}).out);
}

TEST_F(Compare, ShortRunsHaveThreeSessionsUnasked) {
    const std::string findings = (folder_.path() / "findings.json").string();
    const Outcome outcome =
        run_ergon({"compare", fixture("scripted-thinker"), fixture("scripted-plain"), "--idle-seconds", "0",
                   "--results", (folder_.path() / "sessions.sqlite").string(), "--limit", "2", "--json-out", findings});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("12/12 answers"));
    std::ifstream file(findings);
    const json found = json::parse(file);
    EXPECT_EQ(found["sessions"], 3);
    EXPECT_EQ(found["contenders"][0]["answers"], 6);
    EXPECT_EQ(found["contenders"][0]["prompts"], 2);
}

TEST_F(Compare, PromptsCanBeAFile) {
    const std::string prompts = folder_.write(
        "mine.jsonl", "{\"id\": \"1\", \"category\": \"c\", \"prompt\": \"What is the capital of France?\"}\n");
    const Outcome outcome = compare({"--prompts", prompts});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("2/2 answers"));
}

TEST_F(Compare, GoesOnAfterAKill) {
    const std::string results = (folder_.path() / "results.sqlite").string();
    const std::string thinker = fixture("scripted-thinker"), plain = fixture("scripted-plain");
    const pid_t child = fork();
    if (child == 0) {
        execl(ERGON_PROGRAM, "ergon", "compare", thinker.c_str(), plain.c_str(), "--results", results.c_str(),
              "--idle-seconds", "0", "--sessions", "1", nullptr);
        _exit(127);
    }
    ASSERT_GT(child, 0);
    usleep(700'000);  // some of eighty answers are there by then
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    const std::string findings = (folder_.path() / "findings.json").string();
    const Outcome outcome = compare({"--json-out", findings});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("80/80 answers"));
    EXPECT_THAT(outcome.err, HasSubstr("(run 1)")) << "the same run";
    std::ifstream file(findings);
    for (const json& contender : json::parse(file)["contenders"]) EXPECT_EQ(contender["answers"], 40);
}

TEST_F(Compare, WrongUseAndMissingThings) {
    EXPECT_EQ(run_ergon({"compare", fixture("scripted-plain")}).exit_code, 2);
    EXPECT_EQ(compare({"--limit", "0"}).exit_code, 2);
    const Outcome unknown = compare({"--prompts", "no-such-set"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("everyday"));
    EXPECT_THAT(
        run_ergon({"compare", fixture("scripted-plain"), "/no/model", "--results", folder_.path() / "r.sqlite"}).err,
        HasSubstr("/no/model"));
    const Outcome damaged = run_ergon({"compare", fixture("scripted-plain"), fixture("scripted-thinker"), "--results",
                                       folder_.write("bad.sqlite", std::string(5000, 'x'))});
    EXPECT_EQ(damaged.exit_code, 1);
    EXPECT_THAT(damaged.err, ::testing::StartsWith("ergon: "));
}

}  // namespace
}  // namespace ergon::cli
