#include "lab/experiment/run_hold.h"

#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

RunDescription described(std::uint64_t seed) {
    return {{{"max_tokens", 64}}, seed, {{"threads", 2}}, "0.1.0", {{"order", "ABBA"}}};
}

std::vector<Contender> alone() {
    return {{"small", "models/small.gguf", "h1", {{"parameters", 135}}}};
}

Answer said(const std::string& prompt) {
    Answer answer;
    answer.prompt = prompt;
    answer.finish_reason = "stop";
    return answer;
}

/// Runs it in a process of its own, which ends with 0 if it throws nothing.
pid_t in_process(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
        work();
    } catch (const std::exception& problem) {
        fmt::print(stderr, "{}\n", problem.what());
        ::_exit(1);
    }
    ::_exit(0);
}

int end_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Before, a reader that became a writer after another process had written was refused at once: within 0.35 s.
TEST(RunHold, ManyProcessesKeepTheirRunsInOneFile) {
    const test::TemporaryDirectory folder;
    constexpr int processes = 4, answers = 60;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        children.push_back(in_process([&] {
            Results results(folder / "shared.sqlite");
            const HeldRun run = hold_run(results, described(static_cast<std::uint64_t>(i)), alone(), Resume::if_any);
            for (int k = 0; k < answers; ++k) results.add(run.id, said(fmt::format("p{}", k)));
            results.finish(run.id);
        }));
    }
    for (const pid_t child : children) EXPECT_EQ(end_of(child), 0);
    Results results(folder / "shared.sqlite");
    for (RunId run = 1; run <= processes; ++run) {
        EXPECT_EQ(results.answers(run), answers);
        EXPECT_TRUE(results.finished(run));
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        EXPECT_NE(entry.path().extension(), ".lock") << entry.path();
    }
}

/// All of them begin at once; one gets the run, whoever it is, and no second one is begun.
TEST(RunHold, OneProcessAsksARunAndTheOthersLearnWho) {
    const test::TemporaryDirectory folder;
    const std::filesystem::path file = folder / "shared.sqlite";
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t holder = in_process([&] {
        Results results(file);
        const HeldRun run = hold_run(results, described(1), alone(), Resume::if_any);
        results.add(run.id, said("p1"));
        const char ready = '.';
        if (::write(channel[1], &ready, 1) != 1) ::_exit(2);
        for (;;) ::pause();
    });
    ::close(channel[1]);
    char ready = 0;
    ASSERT_EQ(::read(channel[0], &ready, 1), 1);
    ::close(channel[0]);

    Results results(file);
    std::filesystem::create_symlink(file, folder / "other-name.sqlite");
    Results by_link(folder / "other-name.sqlite");
    for (Results* one : {&results, &by_link}) {
        test::expect_error(ErrorCode::system, fmt::format("is in use by process {} on ", holder),
                           [&] { hold_run(*one, described(1), alone(), Resume::if_any); });
    }
    EXPECT_EQ(results.last_run(), 1) << "nothing was begun";
    EXPECT_EQ(hold_run(results, described(2), alone(), Resume::if_any).id, 2) << "another experiment is another run";
    ::kill(holder, SIGKILL);
    EXPECT_EQ(end_of(holder), -1);
    const HeldRun mine = hold_run(results, described(1), alone(), Resume::must);
    EXPECT_EQ(mine.id, 1) << "a killed holder holds nothing";
    EXPECT_FALSE(mine.finished);
    EXPECT_EQ(results.answers(1), 1);
}

TEST(RunHold, AFinishedRunIsFoundAndNeedsNoLock) {
    const test::TemporaryDirectory folder;
    Results results(folder / "r.sqlite");
    test::expect_error(ErrorCode::not_found, "holds no run of this experiment",
                       [&] { hold_run(results, described(1), alone(), Resume::must); });
    EXPECT_EQ(results.last_run(), std::nullopt);
    {
        const HeldRun first = hold_run(results, described(1), alone(), Resume::if_any);
        EXPECT_FALSE(first.finished);
        results.finish(first.id);
    }
    const HeldRun again = hold_run(results, described(1), alone(), Resume::if_any);
    EXPECT_EQ(again.id, 1);
    EXPECT_TRUE(again.finished);
    EXPECT_FALSE(again.lock.has_value());
    EXPECT_TRUE(hold_run(results, described(1), alone(), Resume::must).finished);
    const HeldRun anew = hold_run(results, described(1), alone(), Resume::never);
    EXPECT_EQ(anew.id, 2);
    EXPECT_FALSE(anew.finished);
}

TEST(Attachments, AreKeptByRunAndKind) {
    const test::TemporaryDirectory folder;
    Results results(folder / "r.sqlite");
    const RunId run = results.start(described(1), alone()), other = results.start(described(2), alone());
    EXPECT_EQ(results.attachment(run, "a"), std::nullopt);
    results.attach(run, "a", {{"x", 1}});
    results.attach(run, "b", {{"x", 2}});
    results.attach(run, "a", {{"x", 3}});
    EXPECT_EQ(results.attachment(run, "a").value()["x"], 3);
    EXPECT_EQ(results.attachment(run, "b").value()["x"], 2);
    EXPECT_EQ(results.attachment(other, "a"), std::nullopt);
    test::expect_error(ErrorCode::system, "a failure of the test", [&] {
        results.together([&] {
            results.attach(run, "a", {{"x", 4}});
            results.start(described(3), alone());
            base::fail(ErrorCode::system, "a failure of the test");
        });
    });
    EXPECT_EQ(results.attachment(run, "a").value()["x"], 3) << "nothing of it was written";
    EXPECT_EQ(results.last_run(), other);
}

}  // namespace
}  // namespace ergon::lab
