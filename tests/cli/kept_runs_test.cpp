// What compare, eval and report keep, find again and refuse before they begin.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
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
        std::vector<std::string> arguments{"compare",
                                           fixture("scripted-thinker") + ":label=thinker",
                                           fixture("scripted-plain"),
                                           "--prompts",
                                           prompts(),
                                           "--idle-seconds",
                                           "0",
                                           "--sessions",
                                           "1"};
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

TEST_F(KeptRuns, OutputsReplaceNothingThatIsRead) {
    const std::string asked = prompts(), before = read_file(asked);
    for (const char* option : {"--json-out", "--csv-out", "--html"}) {
        const Outcome outcome = compare({option, asked});
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_THAT(outcome.err, HasSubstr("is named twice, and would be overwritten"));
        EXPECT_EQ(read_file(asked), before);
    }
    std::filesystem::copy(fixture("scripted-plain"), folder_.path() / "model");
    const std::string part = path("model/config.json");
    const Outcome outcome =
        run_ergon({"eval", path("model"), "--prompts", asked, "--results", path("r.sqlite"), "--json-out", part});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("is part of what is read"));
    ASSERT_EQ(compare().exit_code, 0);
    const std::string other = path("other.sqlite");
    std::filesystem::copy_file(path("r.sqlite"), other);
    const std::string kept = read_file(other);
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--verify", other, "--json-out", other}).exit_code, 2);
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--sensor", "file:" + other, "--csv-out", other}).exit_code, 2);
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--puzzles", asked, "--html", asked}).exit_code, 2);
    EXPECT_EQ(read_file(other), kept);
    EXPECT_EQ(read_file(asked), before);
    const std::string model = path("model.gguf");
    std::filesystem::copy_file(fixture("gguf-qwen3/model.gguf"), model);
    const Outcome logits = run_ergon({"logits", model, "--ids", folder_.write("ids.json", "[1, 2]"), "--out", model});
    EXPECT_EQ(logits.exit_code, 2);
    EXPECT_EQ(read_file(model), read_file(fixture("gguf-qwen3/model.gguf")));
}

// Every session loads the models anew: another file under the name would be a second model under one hash.
TEST_F(KeptRuns, AModelThatChangesBetweenSessionsEndsTheRun) {
    const std::filesystem::path model = folder_.path() / "model.gguf", shipped = ERGON_SOURCE_DIR "/models";
    std::filesystem::copy_file(shipped / "ergon-dense-direct.gguf", model);
    const std::vector<std::string> command{
        "eval", model.string(), "--prompts", prompts(),   "--idle-seconds", "0", "--repeats", "40", "--max-tokens",
        "40",   "--sessions",   "2",         "--results", path("r.sqlite")};
    const Outcome outcome = while_ergon_runs(command, path("r.sqlite-wal"), [&](int) {
        const auto answered = [&] { return read_file(path("r.sqlite-wal")).find("judge_joules") != std::string::npos; };
        for (int tries = 0; tries < 10'000 && !answered(); ++tries) usleep(1000);
        std::filesystem::copy_file(shipped / "ergon-moe-direct.gguf", path("other.gguf"));
        std::filesystem::rename(path("other.gguf"), model);
    });
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("model.gguf was changed while the experiment ran"));
}

TEST_F(KeptRuns, AFinishedRunIsToldOfAndNotAskedAgain) {
    const Outcome first = compare({"--json-out", path("a.json")});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.err, Not(HasSubstr("--restart")));
    const Outcome again = compare({"--json-out", path("b.json")});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("already, finished (run 1): nothing was asked again"));
    EXPECT_THAT(again.err, HasSubstr("--restart starts over"));
    EXPECT_THAT(again.err, HasSubstr("(run 1)"));
    EXPECT_EQ(again.out, first.out);
    EXPECT_EQ(read_file(path("a.json")), read_file(path("b.json")));
    EXPECT_EQ(compare({"--resume"}).out, first.out);
    const Outcome anew = compare({"--restart"});
    EXPECT_THAT(anew.err, HasSubstr("6/6 answers"));
    EXPECT_THAT(anew.err, HasSubstr("(run 2)"));
}

TEST_F(KeptRuns, TheReportOfADesignIsThatOfItsComparison) {
    const std::vector<std::string> files{"--json-out",   path("a.json"), "--html",
                                         path("a.html"), "--csv-out",    path("a.csv")};
    const std::string model = fixture("scripted-thinker");
    std::vector<std::string> arguments{"compare",
                                       model,
                                       model + ":no_think,label=direct",
                                       model + ":max_tokens=9,label=short",
                                       model + ":no_think,max_tokens=9,label=both",
                                       "--prompts",
                                       prompts(),
                                       "--idle-seconds",
                                       "0",
                                       "--sessions",
                                       "1",
                                       "--results",
                                       path("d.sqlite"),
                                       "--factor",
                                       "thinking=yes,no,yes,no",
                                       "--factor",
                                       "long=yes,yes,no,no"};
    arguments.insert(arguments.end(), files.begin(), files.end());
    const Outcome first = run_ergon(arguments);
    ASSERT_EQ(first.exit_code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("no thinking over thinking"));
    const Outcome report = run_ergon({"report", path("d.sqlite"), "--json-out", path("b.json"), "--html",
                                      path("b.html"), "--csv-out", path("b.csv")});
    ASSERT_EQ(report.exit_code, 0) << report.err;
    EXPECT_EQ(report.out, first.out);
    for (const char* kind : {".json", ".html", ".csv"}) {
        EXPECT_EQ(read_file(path(std::string("a") + kind)), read_file(path(std::string("b") + kind))) << kind;
    }
    const Outcome full = run_ergon({"report", path("d.sqlite"), "--full"});
    EXPECT_EQ(full.exit_code, 0) << full.err;
    EXPECT_THAT(full.out, HasSubstr("effect of a factor"));
    const Outcome costs = run_ergon({"report", path("d.sqlite"), "--price", "0.30EUR/kWh", "--carbon", "FRA"});
    ASSERT_EQ(costs.exit_code, 0) << costs.err;
    EXPECT_THAT(costs.out, ContainsRegex("1 (m|b)illion answers come to \\(France, [^)]*; at 0.3 EUR/kWh\\):\n"));
    EXPECT_THAT(costs.out, ContainsRegex(" (k|m|)g CO2e [^\n]* EUR"));
    for (const std::string& out : {first.out, full.out}) {
        EXPECT_THAT(out, Not(HasSubstr(" \n"))) << "no line ends in a blank";
    }
}

TEST_F(KeptRuns, MergedShardsKeepTheDesign) {
    const std::string model = fixture("scripted-thinker");
    for (const char* shard : {"1/2", "2/2"}) {
        const Outcome part =
            run_ergon({"compare", model, model + ":no_think,label=direct", "--prompts", prompts(), "--idle-seconds",
                       "0", "--sessions", "1", "--results", path(std::string("part") + shard[0]), "--shard", shard,
                       "--factor", "thinking=yes,no"});
        ASSERT_EQ(part.exit_code, 0) << part.err;
    }
    const Outcome merged = run_ergon({"report", path("part1"), path("part2")});
    ASSERT_EQ(merged.exit_code, 0) << merged.err;
    EXPECT_THAT(merged.out, HasSubstr("no thinking over thinking"));
}

TEST_F(KeptRuns, OutputsAreLookedAtBeforeTheFirstAnswer) {
    const auto refused = [&](const std::vector<std::string>& more, const std::string& why, int code = 1) {
        const Outcome outcome = compare(more);
        EXPECT_EQ(outcome.exit_code, code) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(why));
        EXPECT_THAT(outcome.err, Not(HasSubstr("answers"))) << "nothing was asked";
        EXPECT_EQ(outcome.out, "");
    };
    for (const char* option : {"--html", "--json-out", "--csv-out", "--results"}) {
        refused({option, path("no/such/folder/file")},
                option == std::string("--results") ? "cannot be opened" : "cannot be written");
        refused({option, folder_.path().string()},
                option == std::string("--results") ? "cannot be opened" : "it is a folder");
    }
    refused({"--html", path("one"), "--json-out", path("one")}, "is named twice", 2);
    refused({"--html", path("r.sqlite")}, "is named twice", 2);
    refused({"--factor", "thinking=yes,no,maybe"}, "has 3 levels, but there are 2 contenders", 2);
    EXPECT_FALSE(std::filesystem::exists(path("r.sqlite"))) << "nor was anything begun";
    EXPECT_EQ(run_ergon({"eval", fixture("scripted-plain"), "--prompts", prompts(), "--csv-out", path("no/f.csv"),
                         "--results", path("e.sqlite")})
                  .exit_code,
              1);
    EXPECT_FALSE(std::filesystem::exists(path("e.sqlite")));
    ASSERT_EQ(compare().exit_code, 0);
    for (const char* option : {"--html", "--json-out", "--csv-out", "--traces"}) {
        const Outcome outcome = run_ergon({"report", path("r.sqlite"), option, path("no/file")});
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_THAT(outcome.err, HasSubstr("cannot be written (No such file or directory)"));
    }
    EXPECT_EQ(run_ergon({"report", path("r.sqlite"), "--json-out", path("r.sqlite")}).exit_code, 2);
    EXPECT_EQ(run_ergon({"profile", fixture("scripted-plain"), "--html", path("no/p.html")}).exit_code, 1);
}

TEST_F(KeptRuns, InterruptsSayWhatIsKeptAndHowToGoOn) {
    int before = 0;
    for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}}) {
        const Outcome stopped = while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int process) {
            rest();
            kill(process, signal);
        });
        EXPECT_EQ(stopped.exit_code, code) << stopped.err;
        // The lock of a killed start is there from the beginning: the next one may be met before its first answer.
        std::smatch found;
        const std::regex sentence(
            "Interrupted(?:: | before the first answer of this start: )([0-9]+)(?: of 900)? answers are kept "
            "in .*r.sqlite; the same command goes on from there");
        ASSERT_TRUE(std::regex_search(stopped.err, found, sentence)) << stopped.err;
        EXPECT_GE(std::stoi(found[1]), std::max(before, 1));
        before = std::stoi(found[1]);
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

TEST_F(KeptRuns, AResumedRunThatIsInterruptedEarlySaysHowManyAnswersAreKept) {
    ASSERT_EQ(compare().exit_code, 0);  // and leaves no log behind
    ASSERT_FALSE(std::filesystem::exists(path("r.sqlite-wal")));
    const Outcome stopped = while_ergon_runs(long_command(), path("r.sqlite-wal"), [](int process) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        kill(process, SIGINT);
    });
    EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
    EXPECT_THAT(stopped.err, ::testing::ContainsRegex("6 answers are kept in .*r.sqlite; the same command goes on|"
                                                      "[0-9]+ of 900 answers are kept"));
}

/// What SQLite has open goes on being written, and nobody would find it.
TEST_F(KeptRuns, AResultsFileThatGoesAwayDuringTheRunIsSavedAndSaid) {
    const std::string file = path("r.sqlite"), saved = path("r.sqlite.saved");
    const auto run_while = [&](const std::function<void()>& what) {
        std::filesystem::remove(saved);
        return while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int) {
            rest();
            what();
        });
    };
    const Outcome removed = run_while([&] { std::filesystem::remove(file); });
    EXPECT_EQ(removed.exit_code, 1);
    EXPECT_THAT(removed.err, HasSubstr(fmt::format("The results file {} was removed while it was in use", file)));
    EXPECT_THAT(removed.err, HasSubstr(fmt::format("move that to {}", file)));
    const Outcome report = run_ergon({"report", saved, "--csv-out", path("saved.csv")});
    EXPECT_EQ(report.exit_code, 0) << report.err;
    const std::string rows = read_file(path("saved.csv"));
    const auto kept = std::ranges::count(rows, '\n') - 1;
    EXPECT_GT(kept, 0);

    // As the sentence has it.
    for (const char* end : {"", "-wal", "-shm", ".run1.lock"}) std::filesystem::remove(file + end);
    std::filesystem::rename(saved, file);
    const Outcome stopped = while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int process) {
        rest();
        kill(process, SIGINT);
    });
    std::smatch found;
    ASSERT_TRUE(std::regex_search(stopped.err, found, std::regex("([0-9]+) of 900 answers"))) << stopped.err;
    EXPECT_GT(std::stol(found[1]), kept);

    std::filesystem::copy_file(file, path("other"), std::filesystem::copy_options::overwrite_existing);
    std::filesystem::remove(path("r.sqlite.run1.lock"));
    const Outcome replaced = run_while([&] { std::filesystem::rename(path("other"), file); });
    EXPECT_EQ(replaced.exit_code, 1);
    EXPECT_THAT(replaced.err, HasSubstr("was replaced by another file while it was in use"));
    EXPECT_TRUE(std::filesystem::exists(saved));
}

TEST_F(KeptRuns, AResultsFileThatIsMadeReadOnlyDuringTheRunIsSaidAndLosesNothing) {
    const std::vector<std::string> arguments = command({"--repeats", "40", "--json-out", path("f.json")});
    const Outcome outcome =
        while_ergon_runs(arguments, path("r.sqlite.run1.lock"), [&](int) { ::chmod(path("r.sqlite").c_str(), 0444); });
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("r.sqlite was made read-only while it was in use"));
    EXPECT_THAT(run_ergon({"report", path("r.sqlite")}).err, Not(HasSubstr("not finished")));
}

TEST_F(KeptRuns, AReportReadsWhatMayOnlyBeRead) {
    ASSERT_EQ(compare().exit_code, 0);
    const std::string expected = run_ergon({"report", path("r.sqlite")}).out;
    ASSERT_NE(expected, "");
    ::chmod(folder_.path().c_str(), 0755);
    ::chmod(path("r.sqlite").c_str(), 0644);
    const auto report = [&](const std::string& file) { return run_ergon_as_nobody({"report", file}); };
    if (!report(path("r.sqlite"))) GTEST_SKIP() << "only root may try it as another user";
    EXPECT_EQ(report(path("r.sqlite"))->out, expected)
        << report(path("r.sqlite"))->err << "neither file nor folder may be written";
    std::filesystem::create_directory(path("closed#1?"));
    std::filesystem::copy_file(path("r.sqlite"), path("closed#1?/100%.sqlite"));
    ::chmod(path("closed#1?/100%.sqlite").c_str(), 0666);
    EXPECT_EQ(report(path("closed#1?/100%.sqlite"))->exit_code, 0) << "the folder may not be written";
    std::filesystem::create_directory(path("open"));
    std::filesystem::copy_file(path("r.sqlite"), path("open/r.sqlite"));
    ::chmod(path("open").c_str(), 0777);
    ::chmod(path("open/r.sqlite").c_str(), 0444);
    EXPECT_EQ(report(path("open/r.sqlite"))->out, expected) << "the file may not be written";
    EXPECT_EQ(report(path("r.sqlite"))->exit_code, 0);

    // Answers that are in the log alone are not passed over.
    const Outcome killed = while_ergon_runs(command({"--repeats", "150", "--results", path("k.sqlite")}),
                                            path("k.sqlite.run1.lock"), [&](int process) {
                                                rest();
                                                kill(process, SIGKILL);
                                            });
    ASSERT_EQ(killed.exit_code, -1);
    std::filesystem::remove(path("k.sqlite-shm"));
    const auto logged = report(path("k.sqlite"));
    EXPECT_EQ(logged->exit_code, 1);
    EXPECT_THAT(logged->err,
                HasSubstr("k.sqlite-wal that can only be read in a folder that may be written: copy both to one"));
    ::chmod(path("r.sqlite").c_str(), 0);
    EXPECT_THAT(report(path("r.sqlite"))->err, HasSubstr("cannot be read"));
}

TEST_F(KeptRuns, AnIndexOrALogThatIsCutDuringTheRunIsASentence) {
    for (const char* part : {"r.sqlite-shm", "r.sqlite-wal"}) {
        SCOPED_TRACE(part);
        for (const char* end : {"", "-wal", "-shm", ".run1.lock"}) std::filesystem::remove(path("r.sqlite") + end);
        const Outcome cut = while_ergon_runs(long_command(), path("r.sqlite.run1.lock"), [&](int) {
            rest();
            EXPECT_EQ(::truncate(path(part).c_str(), 0), 0);
        });
        EXPECT_EQ(cut.exit_code, 1) << cut.err;
        EXPECT_THAT(cut.err, HasSubstr("ergon: "));
        const Outcome report = run_ergon({"report", path("r.sqlite")});
        if (part == std::string_view("r.sqlite-shm")) {
            EXPECT_EQ(report.exit_code, 0) << "what was kept can be read: " << report.err;
        } else if (report.exit_code != 0) {  // answers that the log alone held are gone with it
            EXPECT_EQ(report.exit_code, 1);
            EXPECT_THAT(report.err, HasSubstr("ergon: "));
        }
    }
}

TEST_F(KeptRuns, WhatKilledProcessesLeftAsideIsRemoved) {
    const std::string dead = folder_.write("f.json.part2147483646", "{"),
                      other = folder_.write("g.json.part2147483646", "{");
    const std::string alive = folder_.write(fmt::format("f.json.part{}", ::getpid()), "{"),
                      no_number = folder_.write("f.json.part1of2", "{");
    ASSERT_EQ(compare({"--json-out", path("f.json")}).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(dead));
    for (const std::string& file : {other, alive, no_number}) EXPECT_TRUE(std::filesystem::exists(file)) << file;
}

TEST_F(KeptRuns, TheLiveSliceIsPartOfTheRun) {
    const Outcome outcome = compare({"--slice", "--json-out", path("a.json"), "--html", path("a.html")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    if (outcome.err.find("slice of a real layer is left out") != outcome.err.npos) GTEST_SKIP() << outcome.err;
    const json slice = json::parse(read_file(path("a.json")))["layer_slice"];
    EXPECT_THAT(outcome.out, HasSubstr("one layer of DeepSeek-V2-Lite's shape"));
    EXPECT_THAT(read_file(path("a.html")), HasSubstr("64 experts, 6 active, and 2 shared"));
    // A dense layer of the total size moves eight times the bytes of one token's experts: no machine hides that.
    EXPECT_LT(slice["sparse_over_total"]["batch_1"]["high"].get<double>(), 1) << slice.dump(2);
    for (const json& one : slice["rounds"]) {
        for (const json& figure : one["joules_per_token"]) EXPECT_GT(figure["value"].get<double>(), 0);
    }
    const Outcome report =
        run_ergon({"report", path("r.sqlite"), "--json-out", path("b.json"), "--html", path("b.html")});
    EXPECT_EQ(report.out, outcome.out);
    EXPECT_EQ(read_file(path("a.json")), read_file(path("b.json")));
    EXPECT_EQ(read_file(path("a.html")), read_file(path("b.html")));
    EXPECT_EQ(compare({"--slice", "--no-slice"}).exit_code, 2);
}

}  // namespace
}  // namespace ergon::cli
