// Limits of power in a /sys of our own.

#include "energy/machine/power_limit.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "energy/counters/small_file.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

class Limits : public testing::Test {
  protected:
    Limits() {
        for (const int package : {0, 1}) {
            const std::string folder = "intel-rapl:" + std::to_string(package);
            tree_.zone(folder, "package-" + std::to_string(package), 5);
            tree_.write("class/powercap/" + folder + "/constraint_0_power_limit_uw", "125000000\n");
            tree_.write("class/powercap/" + folder + "/enabled", package == 0 ? "1\n" : "0\n");
        }
        tree_.zone("intel-rapl:0:0", "core", 5);
    }
    std::string value(const std::string& file) const {
        return std::string(trimmed(read_small_file(tree_.root() / "class/powercap" / file).text));
    }
    void expect_before() const {
        EXPECT_EQ(value("intel-rapl:0/constraint_0_power_limit_uw"), "125000000");
        EXPECT_EQ(value("intel-rapl:1/constraint_0_power_limit_uw"), "125000000");
        EXPECT_EQ(value("intel-rapl:0/enabled"), "1");
        EXPECT_EQ(value("intel-rapl:1/enabled"), "0");
    }
    FakeTree tree_;
};

TEST_F(Limits, AreSharedByThePackagesAndReturn) {
    auto limit = PowerLimit::set(tree_.root(), base::Watts(60));
    ASSERT_NE(limit, nullptr);
    EXPECT_EQ(value("intel-rapl:0/constraint_0_power_limit_uw"), "30000000");
    EXPECT_EQ(value("intel-rapl:1/constraint_0_power_limit_uw"), "30000000");
    EXPECT_EQ(value("intel-rapl:1/enabled"), "1");
    EXPECT_EQ(limit->description(), "package-0: 30 W (125 W before), package-1: 30 W (125 W before)");
    limit.reset();
    expect_before();
}

/// A process that is killed cannot tidy up; the one that it left does.
TEST_F(Limits, ReturnAfterAKill) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto limit = PowerLimit::set(tree_.root(), base::Watts(60));
        for (;;) ::pause();
    }
    while (value("intel-rapl:1/enabled") != "1") std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int i = 0; i < 5000 && value("intel-rapl:1/enabled") != "0"; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    expect_before();
}

TEST_F(Limits, AreNothingWhereTheyCannotBeSet) {
    EXPECT_EQ(PowerLimit::set(FakeTree().root(), base::Watts(60)), nullptr) << "no package";
    std::filesystem::remove(tree_.root() / "class/powercap/intel-rapl:1/constraint_0_power_limit_uw");
    EXPECT_EQ(PowerLimit::set(tree_.root(), base::Watts(60)), nullptr);
    EXPECT_EQ(value("intel-rapl:0/constraint_0_power_limit_uw"), "125000000");
    // A number that can be read and not written, by root neither.
    std::filesystem::create_symlink("/proc/sys/kernel/random/entropy_avail",
                                    tree_.root() / "class/powercap/intel-rapl:1/constraint_0_power_limit_uw");
    EXPECT_EQ(PowerLimit::set(tree_.root(), base::Watts(60)), nullptr);
    EXPECT_EQ(value("intel-rapl:0/constraint_0_power_limit_uw"), "125000000");
}

}  // namespace
}  // namespace ergon::energy
