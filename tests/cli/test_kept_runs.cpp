// What compare, eval and report keep, find again and refuse before they begin.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class KeptRuns : public ::testing::Test {
  protected:
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    std::string prompts() const {
        return folder_.write("mine.jsonl",
                             "{\"id\": \"a\", \"category\": \"facts\", \"prompt\": \"What is the capital of France?\", "
                             "\"answer\": \"Paris\", \"grader\": \"includes\"}\n"
                             "{\"id\": \"b\", \"category\": \"maths\", \"prompt\": \"What is 2+2?\", \"answer\": 4}\n"
                             "{\"id\": \"c\", \"category\": \"maths\", \"prompt\": \"What is 3+3?\", \"answer\": 6}\n");
    }
    std::vector<std::string> command(std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{"compare",   fixture("scripted-thinker") + ":label=thinker",
                                           fixture("scripted-plain"), "--prompts", prompts(), "--idle-seconds", "0",
                                           "--sessions", "1"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        if (std::ranges::find(more, "--results") == more.end()) {
            arguments.insert(arguments.end(), {"--results", path("r.sqlite")});
        }
        return arguments;
    }
    Outcome compare(std::vector<std::string> more = {}) const { return run_ergon(command(std::move(more))); }
    /// Long enough to be met while it runs.
    std::vector<std::string> long_command() const { return command({"--repeats", "150"}); }
    static void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(300)); }

    TemporaryFolder folder_;
};

TEST_F(KeptRuns, AFinishedRunIsToldOfAndNotAskedAgain) {
    const Outcome first = compare({"--json", path("a.json")});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.err, Not(HasSubstr("--restart")));
    const Outcome again = compare({"--json", path("b.json")});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("already, finished (run 1): nothing was asked again"));
    EXPECT_THAT(again.err, HasSubstr("--restart asks everything anew"));
    EXPECT_THAT(again.err, HasSubstr("(run 1)"));
    EXPECT_EQ(again.out, first.out);
    EXPECT_EQ(read_file(path("a.json")), read_file(path("b.json")));
    EXPECT_EQ(compare({"--resume"}).out, first.out);
    const Outcome anew = compare({"--restart"});
    EXPECT_THAT(anew.err, HasSubstr("6/6 answers"));
    EXPECT_THAT(anew.err, HasSubstr("(run 2)"));
}

TEST_F(KeptRuns, TheReportOfADesignIsThatOfItsComparison) {
    const std::vector<std::string> files{"--json", path("a.json"), "--html", path("a.html"), "--csv", path("a.csv")};
    const std::string model = fixture("scripted-thinker");
    std::vector<std::string> arguments{"compare", model, model + ":no_think,label=direct", model + ":max_tokens=9,label=short",
                                       model + ":no_think,max_tokens=9,label=both", "--prompts", prompts(),
                                       "--idle-seconds", "0", "--sessions", "1", "--results",
                                       path("d.sqlite"), "--factor",
                                       "thinking=yes,no,yes,no", "--factor", "long=yes,yes,no,no"};
    arguments.insert(arguments.end(), files.begin(), files.end());
    const Outcome first = run_ergon(arguments);
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("thinking: no over yes"));
    const Outcome report = run_ergon({"report", path("d.sqlite"), "--json", path("b.json"), "--html", path("b.html"),
                                      "--csv", path("b.csv")});
    ASSERT_EQ(report.exit_code, 0) << report.err;
    EXPECT_EQ(report.out, first.out);
    for (const char* kind : {".json", ".html", ".csv"}) {
        EXPECT_EQ(read_file(path(std::string("a") + kind)), read_file(path(std::string("b") + kind))) << kind;
    }
    const Outcome full = run_ergon({"report", path("d.sqlite"), "--full"});
    EXPECT_EQ(full.exit_code, 0) << full.err;
}

TEST_F(KeptRuns, MergedShardsKeepTheDesign) {
    const std::string model = fixture("scripted-thinker");
    for (const char* shard : {"1/2", "2/2"}) {
        const Outcome part = run_ergon({"compare", model, model + ":no_think,label=direct", "--prompts", prompts(),
                                        "--idle-seconds", "0", "--sessions", "1", "--results",
                                        path(std::string("part") + shard[0]),
                                        "--shard", shard, "--factor", "thinking=yes,no"});
        ASSERT_EQ(part.exit_code, 0) << part.err;
    }
    const Outcome merged = run_ergon({"report", path("part1"), path("part2")});
    ASSERT_EQ(merged.exit_code, 0) << merged.err;
    EXPECT_THAT(merged.out, HasSubstr("thinking: no over yes"));
}

TEST_F(KeptRuns, OutputsAreLookedAtBeforeTheFirstAnswer) {
    const auto refused = [&](const std::vector<std::string>& more, const std::string& why, int code = 1) {
        const Outcome outcome = compare(more);
        EXPECT_EQ(outcome.exit_code, code) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(why));
        EXPECT_THAT(outcome.err, Not(HasSubstr("answers"))) << "nothing was asked";
        EXPECT_EQ(outcome.out, "");
    };
    for (const char* option : {"--html", "--json", "--csv", "--results"}) {
        refused({option, path("no/such/folder/file")}, option == std::string("--results") ? "cannot be opened" : "cannot be written");
        refused({option, folder_.path().string()}, option == std::string("--results") ? "cannot be opened" : "it is a folder");
    }
    refused({"--html", path("one"), "--json", path("one")}, "is named twice", 2);
    refused({"--html", path("r.sqlite")}, "is named twice", 2);
    refused({"--factor", "thinking=yes,no,maybe"}, "has 3 levels, but there are 2 contenders", 2);
    EXPECT_FALSE(std::filesystem::exists(path("r.sqlite"))) << "nor was anything begun";
    EXPECT_EQ(run_ergon({"eval", fixture("scripted-plain"), "--task", prompts(), "--csv", path("no/f.csv"), "--results",
                         path("e.sqlite")}).exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(path("e.sqlite")));
    ASSERT_EQ(compare().exit_code, 0);
    for (const char* option : {"--html", "--json", "--csv", "--traces"}) {
        const Outcome outcome = run_ergon({"report", path("r.sqlite"), option, path("no/file")});
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_THAT(outcome.err, HasSubstr("cannot be written (No such file or directory)"));
    }
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--json", path("r.sqlite")}).exit_code, 2);
    EXPECT_EQ(run_ergon({"profile", fixture("scripted-plain"), "--html", path("no/p.html")}).exit_code, 1);
}

TEST_F(KeptRuns, InterruptsSayWhatIsKeptAndHowToGoOn) {
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        const Outcome stopped = while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int process) {
            rest();
            kill(process, signal);
        });
        EXPECT_EQ(stopped.exit_code, code) << stopped.err;
        EXPECT_THAT(stopped.err, ::testing::ContainsRegex("Interrupted(: [0-9]+ of 900 answers are kept in .*r.sqlite; the "
                                                          "same command goes on from there| before the first answer)"));
    }
    const Outcome done = run_ergon(long_command());
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(done.err, HasSubstr("900/900 answers"));
    EXPECT_THAT(done.err, HasSubstr("(run 1)")) << "the same run";
    EXPECT_FALSE(std::filesystem::exists(path("r.sqlite.run1.lock")));
}

/// The default results file is shared by whatever runs in a folder.
TEST_F(KeptRuns, TheSameRunIsAskedByOneProcessAndOthersGoOnBesideIt) {
    Outcome same{}, other{};
    const Outcome first = while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int process) {
        same = run_ergon(long_command());
        EXPECT_THAT(same.err, HasSubstr(fmt::format("is in use by process {} on ", process)));
        other = compare();
    });
    EXPECT_EQ(first.exit_code, 0) << first.err;
    EXPECT_EQ(same.exit_code, 1);
    EXPECT_THAT(same.err, HasSubstr("--repeats 150"));
    EXPECT_THAT(same.err, HasSubstr("wait until it ends"));
    EXPECT_EQ(other.exit_code, 0) << other.err;
    EXPECT_THAT(other.err, HasSubstr("(run 2)"));
}

TEST_F(KeptRuns, TheLiveSliceIsPartOfTheRun) {
    const Outcome outcome = compare({"--slice", "--json", path("a.json"), "--html", path("a.html")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    if (outcome.err.find("slice of a real layer is left out") != outcome.err.npos) GTEST_SKIP() << outcome.err;
    const json slice = json::parse(read_file(path("a.json")))["layer_slice"];
    EXPECT_THAT(outcome.out, HasSubstr("one layer of DeepSeek-V2-Lite's shape"));
    EXPECT_THAT(read_file(path("a.html")), HasSubstr("64 experts, 6 of them used, and 2 shared"));
    // A dense layer of the total size moves eight times the bytes of one token's experts: no machine hides that.
    EXPECT_LT(slice["sparse_over_total"]["batch_1"]["high"].get<double>(), 1) << slice.dump(2);
    for (const json& one : slice["rounds"]) {
        for (const json& figure : one["joules_per_token"]) EXPECT_GT(figure["value"].get<double>(), 0);
    }
    const Outcome report = run_ergon({"report", path("r.sqlite"), "--json", path("b.json"), "--html", path("b.html")});
    EXPECT_EQ(report.out, outcome.out);
    EXPECT_EQ(read_file(path("a.json")), read_file(path("b.json")));
    EXPECT_EQ(read_file(path("a.html")), read_file(path("b.html")));
    EXPECT_EQ(compare({"--slice", "--no-slice"}).exit_code, 2);
}

}  // namespace
}  // namespace ergon::cli
