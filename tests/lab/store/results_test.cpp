#include "lab/store/results.h"

#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/files/file.h"

namespace ergon::lab {
namespace {

using base::Error;
using base::ErrorCode;
using base::Joules;
using ::testing::HasSubstr;

class ResultsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "ergon-results-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path file(const std::string& name = "run.sqlite") const { return folder_ / name; }

    /// The error of opening `path`, which must be one.
    static Error refusal(const std::filesystem::path& path) {
        try {
            const Results results(path);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << path << " was opened";
        return Error(ErrorCode::system, "");
    }

    std::filesystem::path folder_;
};

RunDescription run(std::uint64_t seed = 7) {
    return {{{"max_tokens", 64}}, seed, {{"threads", 2}}, "0.1.0", {{"order", "ABBA"}}};
}

std::vector<Contender> two() {
    return {{"small", "models/small.gguf", "h1", {{"parameters", 135}}},
            {"large", "models/large.gguf", "h2", {{"parameters", 494}}}};
}

Answer answer(std::int64_t contender, const std::string& prompt, std::int64_t repeat = 0) {
    Answer made;
    made.contender = contender;
    made.prompt = prompt;
    made.repeat = repeat;
    made.text = "Paris.";
    made.thinking = "The user asks for a capital.";
    made.finish_reason = "stop";
    for (int i = 0; i < energy::kept_phase_count; ++i) {
        PhaseResult& phase = made.phases[static_cast<std::size_t>(i)];
        phase.tokens = base::Tokens(10 + i);
        phase.seconds = base::Seconds(0.1 * (i + 1));
        phase.total = {Joules(3.25 + i), Joules(1.5 + i), Joules(7.125 + i), energy::Method::estimated};
        phase.above_idle = {Joules(2 + i), Joules(1 + i), Joules(4 + i), energy::Method::estimated};
    }
    made.measures = {base::Seconds(1.5), base::Seconds(0.25), base::Seconds(1.75),
                     {1e9, 2e6, 3e5},    {1, 2, 3, 4, 5e12},  {{"router", 0.5}}};
    made.raw = {{"intervals", 3}};
    return made;
}

/// Goes on with the same run, or begins it.
RunId open_run(Results& results, const RunDescription& description, const std::vector<Contender>& contenders) {
    const std::optional<RunId> found = results.latest(description, contenders);
    return found && !results.finished(*found) ? *found : results.start(description, contenders);
}

std::vector<Answer> all(Results& results, RunId id) {
    std::vector<Answer> found;
    results.for_each(id, [&](const Answer& one) { found.push_back(one); });
    return found;
}

TEST_F(ResultsTest, KeepsEverything) {
    RunId id = 0;
    {
        Results results(file());
        EXPECT_FALSE(results.last_run());
        id = results.start(run(0xFFFF'FFFF'FFFF'FFFFu), two());
        Answer odd = answer(1, "p2", 3);
        odd.text = std::string("broken \xFF\xC3 and a \0 in it", 23);
        odd.raw = {{"text", "\xFF"}};
        odd.right = false;
        odd.metered = false;
        results.add(id, odd);
        results.add(id, answer(0, "p1"));
        results.add_prompts(id, {{"p1", "facts", "Capital of France?", "Paris"}, {"p2", "", "Hm?", ""}});
        results.add_prompts(id, {{"p1", "other", "What?", ""}});
        results.add_machine_event(id, {"idle before", {{"watts", 3}}, ""});
    }
    Results results(file());
    EXPECT_EQ(results.last_run(), id);
    EXPECT_EQ(results.description(id).seed, 0xFFFF'FFFF'FFFF'FFFFu);
    EXPECT_EQ(results.description(id).settings.dump(), R"({"max_tokens":64})");
    EXPECT_EQ(results.contenders(id)[1].label, "large");
    EXPECT_EQ(results.contenders(id)[1].details["parameters"], 494);
    const std::vector<Answer> answers = all(results, id);
    ASSERT_EQ(answers.size(), 2u);
    const Answer expected = answer(0, "p1");
    EXPECT_EQ(answers[0].text, expected.text);
    EXPECT_EQ(answers[0].thinking, expected.thinking);
    EXPECT_EQ(answers[0].finish_reason, "stop");
    EXPECT_EQ(answers[0].raw, expected.raw);
    for (std::size_t i = 0; i < energy::kept_phase_count; ++i) {
        EXPECT_EQ(answers[0].phases[i].tokens, expected.phases[i].tokens);
        EXPECT_EQ(answers[0].phases[i].seconds, expected.phases[i].seconds);
        EXPECT_EQ(answers[0].phases[i].total, expected.phases[i].total);
        EXPECT_EQ(answers[0].phases[i].above_idle, expected.phases[i].above_idle);
    }
    EXPECT_EQ(answers[1].text, std::string("broken \xFF\xC3 and a \0 in it", 23));
    EXPECT_EQ(answers[1].repeat, 3);
    EXPECT_EQ(answers[0].measures, expected.measures);
    EXPECT_EQ(answers[0].category, "facts");
    EXPECT_TRUE(answers[0].metered);
    EXPECT_FALSE(answers[0].right);
    EXPECT_FALSE(answers[1].metered);
    EXPECT_EQ(answers[1].right, false);
    ASSERT_EQ(results.prompts(id).size(), 2u);
    EXPECT_EQ(results.prompts(id)[0].text, "Capital of France?") << "what was asked first stays";
    ASSERT_EQ(results.machine_events(id).size(), 1u);
    EXPECT_EQ(results.machine_events(id)[0].kind, "idle before");
    EXPECT_EQ(results.machine_events(id)[0].details["watts"], 3);
    EXPECT_FALSE(results.finished(id));
    results.finish(id);
    EXPECT_TRUE(results.finished(id));
    EXPECT_EQ(id, 1);
    EXPECT_EQ(results.last_run(), id) << "there is no other";
}

TEST_F(ResultsTest, FilesOfTheFirstSchemaAreBroughtUpToDate) {
    Database(file()).execute(R"sql(
        CREATE TABLE run (id INTEGER PRIMARY KEY, created TEXT NOT NULL DEFAULT '', finished TEXT,
            settings TEXT NOT NULL, seed INTEGER NOT NULL, machine TEXT NOT NULL, version TEXT NOT NULL,
            protocol TEXT NOT NULL);
        CREATE TABLE contender (run INTEGER NOT NULL REFERENCES run (id), position INTEGER NOT NULL, label TEXT NOT NULL,
            model TEXT NOT NULL, hash TEXT NOT NULL, details TEXT NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
        CREATE TABLE answer (run INTEGER NOT NULL, contender INTEGER NOT NULL, prompt TEXT NOT NULL,
            repeat INTEGER NOT NULL, created TEXT NOT NULL DEFAULT '', text TEXT NOT NULL, thinking TEXT NOT NULL,
            finish_reason TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, thinking_tokens INTEGER NOT NULL,
            answer_tokens INTEGER NOT NULL, prompt_seconds REAL NOT NULL, thinking_seconds REAL NOT NULL,
            answer_seconds REAL NOT NULL, energy TEXT NOT NULL, raw TEXT NOT NULL,
            PRIMARY KEY (run, contender, prompt, repeat),
            FOREIGN KEY (run, contender) REFERENCES contender (run, position));
        INSERT INTO run (settings, seed, machine, version, protocol) VALUES ('{}', 1, '{}', '0.1.0', '{}');
        INSERT INTO contender VALUES (1, 0, 'small', 'm', 'h', '{}');
        PRAGMA application_id = 1701996399; PRAGMA user_version = 1;
    )sql");
    Database(file()).execute(fmt::format(
        "INSERT INTO answer VALUES (1, 0, 'p1', 0, '', 'Paris', '', 'stop', 1, 2, 3, 0.1, 0.2, 0.3, '{0}', '{{}}')",
        R"({"prompt":{"total":F,"above_idle":F},"thinking":{"total":F,"above_idle":F},"answer":{"total":F,"above_idle":F}})"));
    std::string figure = R"({"value":1,"unit":"J","low":1,"high":1,"method":"measured"})";
    Database(file()).execute(fmt::format("UPDATE answer SET energy = replace(energy, 'F', '{}')", figure));
    Results results(file());
    const std::vector<Answer> answers = all(results, 1);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers[0].metered);
    EXPECT_FALSE(answers[0].right);
    EXPECT_EQ(answers[0].category, "");
    EXPECT_EQ(answers[0].measures, AnswerMeasures{});
    EXPECT_TRUE(results.prompts(1).empty());
    Answer more = answer(0, "p2");
    results.add(1, more);
    EXPECT_EQ(results.answers(1), 2);
}

TEST_F(ResultsTest, ResumesTheSameRunAndNoOther) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(0, "p1"));
    results.add(id, answer(1, "p1", 1));
    EXPECT_EQ(open_run(results, run(), two()), id);
    EXPECT_EQ(results.answers(id), 2);
    EXPECT_TRUE(results.has(id, 0, "p1", 0));
    EXPECT_TRUE(results.has(id, 1, "p1", 1));
    EXPECT_FALSE(results.has(id, 1, "p1", 0));

    EXPECT_NE(open_run(results, run(8), two()), id) << "another seed";
    std::vector<Contender> changed = two();
    changed[1].hash = "h3";
    const RunId other = open_run(results, run(), changed);
    EXPECT_NE(other, id) << "another model behind the same name";
    EXPECT_EQ(results.answers(other), 0);
    changed.pop_back();
    EXPECT_NE(open_run(results, run(), changed), id);

    EXPECT_EQ(open_run(results, run(), two()), id);
    results.finish(id);
    EXPECT_NE(open_run(results, run(), two()), id) << "a finished run is not gone on with";
}

TEST_F(ResultsTest, RefusesAnswersThatDoNotFit) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(0, "p1"));
    const auto refused = [&](RunId run, const Answer& one, const std::string& why) {
        test::expect_error(ErrorCode::bad_argument,
                           "answer to prompt " + one.prompt + ", repeat 0, cannot be added to run " +
                               std::to_string(run) + ": " + why + ".",
                           [&] { results.add(run, one); });
    };
    refused(id, answer(0, "p1"), "it is there already");
    refused(id, answer(2, "p1"), "that contender is unknown");
    refused(id + 1, answer(0, "p2"), "that contender is unknown");
    test::expect_error(ErrorCode::not_found, " has no run " + std::to_string(id + 1) + ".",
                       [&] { results.description(id + 1); });
    EXPECT_EQ(results.answers(id), 1);
}

TEST_F(ResultsTest, FailuresStayUntilTheAnswerComes) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(0, "p1"));
    results.add_failure(id, {1, "p1", 0, 0, "HTTP 500"});
    results.add_failure(id, {1, "p2", 1, 0, "silence"});
    results.add_failure(id, {1, "p1", 0, 0, "HTTP 502"});
    ASSERT_EQ(results.failures(id).size(), 2u);
    EXPECT_EQ(results.failures(id)[0].prompt, "p1");
    EXPECT_EQ(results.failures(id)[0].reason, "HTTP 502") << "the newest";
    EXPECT_EQ(results.failures(id)[1].repeat, 1);
    EXPECT_FALSE(results.has(id, 1, "p1", 0)) << "it is asked again";
    EXPECT_EQ(results.answers(id), 1);
    results.add(id, answer(1, "p1"));
    ASSERT_EQ(results.failures(id).size(), 1u);
    EXPECT_EQ(results.failures(id)[0].prompt, "p2");
    test::expect_error(ErrorCode::bad_argument, "is there already, so it has not failed.", [&] {
        results.add_failure(id, {0, "p1", 0, 0, "x"});
    });
    test::expect_error(ErrorCode::system, " cannot be used: FOREIGN KEY constraint failed.", [&] {
        results.add_failure(id, {2, "p1", 0, 0, "of an unknown contender"});
    });
}

TEST_F(ResultsTest, WhatAServerSaysOfItsModelIsNoOtherRun) {
    Results results(file());
    std::vector<Contender> contenders = two();
    contenders[0].details = {{"kind", "server"}, {"max_tokens", 5}, {"found", {{"experts", 0}}}};
    const RunId id = open_run(results, run(), contenders);
    contenders[0].details["found"] = {{"experts", 0}, {"hash", "h"}};
    EXPECT_EQ(open_run(results, run(), contenders), id);
    contenders[0].details["max_tokens"] = 6;
    EXPECT_NE(open_run(results, run(), contenders), id);
}

TEST_F(ResultsTest, AKillLosesNothingThatWasAdded) {
    for (int round = 0; round < 8; ++round) {
        const std::filesystem::path path = file(fmt::format("kill{}", round));
        int channel[2];
        ASSERT_EQ(::pipe(channel), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            try {
                Results results(path);
                const RunId id = open_run(results, run(), two());
                for (int i = 0;; ++i) {
                    results.add(id, answer(i % 2, fmt::format("p{}", i)));
                    const char done = '.';
                    if (::write(channel[1], &done, 1) != 1) ::_exit(1);
                }
            } catch (const std::exception&) {
                ::_exit(2);
            }
        }
        ::close(channel[1]);
        int added = 0;
        char done = 0;
        while (added < 5 + 7 * round && ::read(channel[0], &done, 1) == 1) ++added;
        ::usleep(static_cast<useconds_t>(300 * round));  // somewhere within the next answers
        ::kill(child, SIGKILL);
        while (::read(channel[0], &done, 1) == 1) ++added;  // what it said before it died
        ::close(channel[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;

        Results results(path);
        const RunId id = open_run(results, run(), two());
        const std::vector<Answer> answers = all(results, id);
        EXPECT_EQ(results.answers(id), std::ssize(answers));
        EXPECT_GE(static_cast<int>(answers.size()), added);
        EXPECT_LE(static_cast<int>(answers.size()), added + 1) << "at most the one whose word had not come through";
        for (int i = 0; i < added; ++i) EXPECT_TRUE(results.has(id, i % 2, fmt::format("p{}", i), 0)) << i;
        results.add(id, answer(0, "after"));
    }
}

TEST_F(ResultsTest, NewerSchemasAreRefused) {
    { const Results results(file()); }
    Database(file()).execute("PRAGMA user_version = 99");
    const Error error = refusal(file());
    EXPECT_EQ(error.code(), ErrorCode::bad_file);
    EXPECT_THAT(error.what(), HasSubstr("has schema 99, and this ergon knows schemas up to 4"));
}

TEST_F(ResultsTest, OtherFilesAreRefusedAndLeftAsTheyAre) {
    std::string text(5000, 'x');
    std::ofstream(file("text")) << text;
    EXPECT_THAT(refusal(file("text")).what(), HasSubstr("is not an SQLite database"));
    EXPECT_EQ(base::read_text(file("text")), text);

    Database(file("other")).execute("CREATE TABLE bookmarks (url TEXT)");
    const std::string before = base::read_text(file("other"));
    EXPECT_THAT(refusal(file("other")).what(), HasSubstr("is a database of another program"));
    EXPECT_EQ(base::read_text(file("other")), before);
}

TEST_F(ResultsTest, DamageIsSaid) {
    {
        Results results(file());
        const RunId id = open_run(results, run(), two());
        for (int i = 0; i < 200; ++i) results.add(id, answer(0, fmt::format("prompt {}", i)));
    }
    std::string content = base::read_text(file());
    ASSERT_GT(content.size(), 30'000u);
    // The pages in the middle, whole: tree pages among them.
    for (std::size_t i = 8192; i < content.size() - 4096; ++i) content[i] = static_cast<char>(i * 31);
    std::ofstream(file("damaged")) << content;
    const Error error = refusal(file("damaged"));
    EXPECT_EQ(error.code(), ErrorCode::bad_file);
    EXPECT_THAT(error.what(), HasSubstr("is damaged"));
    std::ofstream(file("short")) << base::read_text(file()).substr(0, 10'000);
    EXPECT_THAT(refusal(file("short")).what(), HasSubstr("is damaged"));
}

TEST_F(ResultsTest, AnswersOfNobodyAreDamage) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(1, "p1"));
    results.add_failure(id, {1, "p2", 0, 0, "silence"});
    Database(file()).execute("PRAGMA foreign_keys = OFF; UPDATE contender SET position = 7 WHERE position = 1");
    test::expect_error(ErrorCode::bad_file, "has no contender 1", [&] { results.contenders(id); });
    test::expect_error(ErrorCode::bad_file, "an answer of contender 1, but no such", [&] { all(results, id); });
    test::expect_error(ErrorCode::bad_file, "a failure of contender 1, but no such", [&] { results.failures(id); });
}

// What is computed from a column may never end, or take any memory.
TEST_F(ResultsTest, ColumnsThatAreComputedAreRefused) {
    for (const char* program : {"ALTER TABLE answer ADD COLUMN more TEXT AS (hex(zeroblob(30000000)))",
                                "CREATE TABLE more (x TEXT DEFAULT (hex(randomblob(3))))",
                                "CREATE INDEX more ON answer (instr(text, zeroblob(20000000)))",
                                "CREATE VIRTUAL TABLE more USING fts5 (text)"}) {
        std::filesystem::remove(file());
        { const Results results(file()); }
        Database(file()).execute(program);
        test::expect_error(ErrorCode::bad_file, "by a program of its own", [&] { Results(file(), Access::read); });
    }
}

// A view that never ends would be read for ever.
TEST_F(ResultsTest, ProgramsInAFileDoNotRun) {
    { const Results results(file()); }
    Database(file()).execute(
        "DROP TABLE run; CREATE VIEW run AS WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
        "SELECT id FROM n");
    test::expect_error(ErrorCode::bad_file, "holds other tables", [&] { Results(file(), Access::read).last_run(); });
}

TEST_F(ResultsTest, AmountsBeyondAllReasonAreDamage) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(0, "p1"));
    for (const char* change : {"answer_tokens = 9223372036854775807", "answer_tokens = -1", "prompt_seconds = 9e999",
                               "thinking_seconds = -1"}) {
        Database(file()).execute(
            fmt::format("UPDATE answer SET prompt_tokens = 1, answer_tokens = 1, prompt_seconds = 1, "
                        "thinking_seconds = 1; UPDATE answer SET {}",
                        change));
        test::expect_error(ErrorCode::bad_file, "an answer to prompt p1 took", [&] { all(results, id); });
    }
}

// SQLite would wait for somebody to write into it.
TEST_F(ResultsTest, APipeAsJournalIsRefused) {
    { const Results results(file()); }
    ASSERT_EQ(::mkfifo((file().string() + "-journal").c_str(), 0600), 0);
    test::expect_error(ErrorCode::bad_file, "is a pipe", [&] { Results(file(), Access::read); });
    test::expect_error(ErrorCode::bad_file, "is a pipe", [&] { Results{file()}; });
}

TEST_F(ResultsTest, BrokenJsonInsideIsSaid) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    results.add(id, answer(0, "p1"));
    for (const char* energy : {"{", "3", "{}", R"({"prompt": 3})", R"({"prompt": {"total": null}})"}) {
        Database(file()).execute(fmt::format("UPDATE answer SET energy = '{}'", energy));
        test::expect_error(ErrorCode::bad_file, file().filename().string(), [&] { all(results, id); });
    }
}

TEST_F(ResultsTest, WhatDescribesARunIsAnObject) {
    Results results(file());
    const RunId id = open_run(results, run(), two());
    Database(file()).execute("UPDATE contender SET details = 1");
    test::expect_error(ErrorCode::bad_file, "no JSON object is left of a contender's details.",
                       [&] { results.contenders(id); });
    Database(file()).execute("UPDATE run SET machine = '[1]'");
    test::expect_error(ErrorCode::bad_file, "no JSON object is left of a run's machine.",
                       [&] { results.description(id); });
}

// Who walks such a document by recursion would run out of stack.
TEST_F(ResultsTest, DeepJsonInsideIsSaid) {
    const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
    for (const char* const place : {"run.settings", "run.machine", "run.protocol", "contender.details", "answer.raw",
                                    "answer.energy", "answer.measures"}) {
        const std::string name = std::string(place) + ".sqlite";
        Results results(file(name));
        const RunId id = open_run(results, run(), two());
        results.add(id, answer(0, "p1"));
        const std::string table(place, std::strchr(place, '.')), column(std::strchr(place, '.') + 1);
        Database(file(name)).execute(fmt::format("UPDATE {} SET {} = '{}'", table, column, deep));
        const auto read = [&] {
            Results again(file(name));
            again.description(id);
            again.contenders(id);
            all(again, id);
        };
        test::expect_error(ErrorCode::bad_file, "nests deeper than 128 levels", read);
    }
}

TEST_F(ResultsTest, APipeIsNoResultsFile) {
    ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
    EXPECT_THAT(refusal(file("pipe")).what(), HasSubstr("is a pipe, which is not a regular file"));
    EXPECT_THAT(refusal("/dev/null").what(), HasSubstr("is a device, which is not a regular file"));
}

TEST_F(ResultsTest, PathsThatCannotBeWrittenAreSaid) {
    const Error missing = refusal(folder_ / "no" / "such" / "folder.sqlite");
    EXPECT_EQ(missing.code(), ErrorCode::system);
    EXPECT_THAT(missing.what(), HasSubstr("cannot be opened for writing"));
    EXPECT_THAT(refusal(folder_).what(), HasSubstr("cannot be opened for writing"));
    { const Results results(file()); }
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    using std::filesystem::perms;
    std::filesystem::permissions(file(), perms::owner_read | perms::group_read | perms::others_read);
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::seteuid(65534), 0);  // root may write everywhere
    }
    const Error read_only = refusal(file());
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    EXPECT_EQ(read_only.code(), ErrorCode::system);
    EXPECT_THAT(read_only.what(), HasSubstr("may only be read"));
}

}  // namespace
}  // namespace ergon::lab
