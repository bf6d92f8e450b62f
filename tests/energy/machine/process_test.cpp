#include "energy/machine/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using base::Nanoseconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// A process of a pretend /proc: so many ticks of 10 ms in user mode and as many in the kernel.
void process(const FakeTree& tree, int pid, const std::string& name, int parent, int ticks, int started = 7,
             const std::string& children = "") {
    const std::string folder = std::to_string(pid);
    tree.write(folder + "/stat", folder + " (" + name + ") S " + std::to_string(parent) + " 1 1 0 -1 0 0 0 0 0 " +
                                     std::to_string(ticks) + " " + std::to_string(ticks) + " 0 0 20 0 1 0 " +
                                     std::to_string(started) + " 0 0\n");
    tree.write(folder + "/status", "Name:\t" + name + "\nUid:\t1000\t1000\t1000\t1000\n");
    tree.write(folder + "/task/" + folder + "/children", children);
}

TEST(Process, IsReadFromProc) {
    const FakeTree tree;
    process(tree, 12, "odd) (name", 3, 5, 99);
    const auto read = read_process(tree.root(), 12);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "odd) (name");
    EXPECT_EQ(read->parent, 3);
    EXPECT_EQ(read->started, 99u);
    EXPECT_EQ(read->processor, Nanoseconds(100'000'000));
    EXPECT_EQ(user_of(tree.root(), 12), 1000u);
    EXPECT_FALSE(read_process(tree.root(), 13));
    EXPECT_FALSE(user_of(tree.root(), 13));
    tree.write("14/stat", "14 (cut");
    EXPECT_FALSE(read_process(tree.root(), 14));
    tree.write("cpuinfo", "");
    EXPECT_THAT(all_processes(tree.root()), UnorderedElementsAre(12, 14));
}

TEST(ProcessTree, CountsWhatItStartsAndWhatHasEnded) {
    const FakeTree tree;
    process(tree, 10, "server", 1, 10, 7, "11 12 ");
    process(tree, 11, "worker", 10, 5, 7, "13");
    process(tree, 12, "worker", 10, 5);
    process(tree, 13, "grandchild", 11, 1);
    process(tree, 99, "other", 1, 1000);
    ProcessTree server(tree.root(), {10});
    const auto ticks = [&] { return server.time() / Nanoseconds(20'000'000); };
    EXPECT_DOUBLE_EQ(ticks(), 21);
    EXPECT_THAT(server.alive(), ElementsAre(10, 11, 12, 13));
    process(tree, 10, "server", 1, 12, 7, "12 ");  // 11 has ended, its child belongs to nobody
    std::filesystem::remove_all(tree.root() / "11");
    process(tree, 13, "grandchild", 1, 4);
    EXPECT_DOUBLE_EQ(ticks(), 26);
    EXPECT_THAT(server.alive(), ElementsAre(10, 12, 13));
    process(tree, 13, "stranger", 1, 500, 8);
    EXPECT_DOUBLE_EQ(ticks(), 26) << "another process of that number";
    EXPECT_THAT(with_descendants(tree.root(), {10, 99}), UnorderedElementsAre(10, 12, 99));
}

TEST(ProcessTree, ReadsTheClocksOfRealProcesses) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::fork() >= 0) {  // two processes that work until they are stopped
            for (volatile int i = 0;;) i = i + 1;
        }
        ::_exit(1);
    }
    ProcessTree tree("/proc", {child});
    Nanoseconds time{};
    for (int round = 0; round < 1000 && time < Nanoseconds(30'000'000); ++round) {
        ::usleep(5000);
        time = tree.time();
    }
    const std::set<int> both = tree.alive();
    for (const int pid : both) ::kill(pid, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_GE(time, Nanoseconds(30'000'000));
    EXPECT_NE(time.value() % 10'000'000, 0) << "more precise than a tick";
    EXPECT_EQ(both.size(), 2u);
    EXPECT_GE(tree.time(), time) << "it never falls";
}

}  // namespace
}  // namespace ergon::energy
