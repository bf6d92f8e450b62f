#include "energy/machine/machine_share.h"

#include <gtest/gtest.h>

#include "energy/estimate/estimate.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

constexpr double gigabyte = 1 << 30;

/// A machine of 512 threads with 1 TiB, at /proc and /sys of our own.
class MachineShareOf512 : public testing::Test {
  protected:
    void SetUp() override {
        machine_.vendor = "AuthenticAMD";
        machine_.name = "AMD EPYC 9754 128-Core Processor";
        machine_.threads = 512;
        machine_.sockets = 2;
        machine_.siblings = 256;
        tree_.write("meminfo", "MemTotal:       1073741824 kB\nMemFree: 1 kB\n");
    }
    MachineShare share() const { return read_machine_share(tree_.root(), tree_.root(), machine_); }
    double idle_watts() const { return MachineEstimate(machine_, share()).idle.value.value(); }

    FakeTree tree_;
    Processor machine_;
};

TEST_F(MachineShareOf512, WithoutLimitsIsAllOfIt) {
    EXPECT_FALSE(share().limited());
    EXPECT_EQ(share().processors, 512);
    EXPECT_NEAR(static_cast<double>(share().memory->value()), 1024 * gigabyte, 1);
    EXPECT_NEAR(idle_watts(), 0.20 * 2 * 360 + 0.2 * 1024, 1e-6);
}

TEST_F(MachineShareOf512, AQuotaOfVersionTwo) {
    tree_.write("self/cgroup", "0::/docker/1f\n");
    tree_.write("fs/cgroup/docker/1f/cpu.max", "200000 100000\n");
    tree_.write("fs/cgroup/docker/1f/memory.max", "max\n");
    tree_.write("fs/cgroup/docker/1f/cpu.stat", "usage_usec 1500000\nuser_usec 1\n");
    EXPECT_EQ(share().processors, 2);
    EXPECT_EQ(share().limit, "cpu.max");
    EXPECT_NEAR(static_cast<double>(share().memory->value()), 4 * gigabyte, 1) << "as large a part of the memory";
    EXPECT_NEAR(idle_watts(), (0.20 * 2 * 360 + 0.2 * 1024) / 256, 1e-6);
    EXPECT_EQ(read_group_time(share()), base::Nanoseconds(1'500'000'000));
    const std::string words = MachineEstimate(machine_, share()).description();
    EXPECT_NE(words.find("2 threads of 512 by the limit of this container or job, cpu.max"), std::string::npos)
        << words;
    tree_.write("fs/cgroup/docker/1f/memory.max", "17179869184\n");
    EXPECT_NEAR(static_cast<double>(share().memory->value()), 16 * gigabyte, 1);
}

TEST_F(MachineShareOf512, OfNestedLimitsTheTightestCounts) {
    tree_.write("self/cgroup", "0::/kubepods/pod/container\n");
    tree_.write("fs/cgroup/kubepods/cpu.max", "max 100000\n");
    tree_.write("fs/cgroup/kubepods/pod/cpu.max", "150000 100000\n");
    tree_.write("fs/cgroup/kubepods/pod/container/cpu.max", "400000 100000\n");
    EXPECT_EQ(share().processors, 1.5);
    tree_.write("fs/cgroup/kubepods/pod/container/cpuset.cpus.effective", "7\n");
    EXPECT_EQ(share().processors, 1);
    EXPECT_EQ(share().limit, "cpuset");
    tree_.write("fs/cgroup/kubepods/pod/container/cpu.max", "50000 100000\n");
    EXPECT_EQ(share().processors, 0.5) << "half of one";
    EXPECT_EQ(MachineEstimate(machine_, share()).threads, 1);
}

TEST_F(MachineShareOf512, AContainerThatSeesItsOwnGroupAsTheRoot) {
    for (const char* const line : {"0::/\n", "0::/docker/of-the-host\n", "0::/../../elsewhere\n"}) {
        tree_.write("self/cgroup", line);
        tree_.write("fs/cgroup/cpu.max", "200000 100000\n");
        EXPECT_EQ(share().processors, 2) << line;
    }
}

TEST_F(MachineShareOf512, AQuotaAndASetOfVersionOne) {
    tree_.write("self/cgroup",
                "5:cpuacct:/docker/1f\n4:cpu:/docker/1f\n3:cpuset:/docker/1f\n2:memory:/docker/1f\n0::/\n");
    tree_.write("fs/cgroup/cpu/docker/1f/cpu.cfs_quota_us", "300000\n");
    tree_.write("fs/cgroup/cpu/docker/1f/cpu.cfs_period_us", "100000\n");
    tree_.write("fs/cgroup/cpu/docker/cpu.cfs_quota_us", "-1\n");
    tree_.write("fs/cgroup/memory/docker/1f/memory.limit_in_bytes", "8589934592\n");
    tree_.write("fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    tree_.write("fs/cgroup/cpuacct/docker/1f/cpuacct.usage", "77\n");
    EXPECT_EQ(share().processors, 3);
    EXPECT_EQ(share().limit, "cpu.cfs_quota_us");
    EXPECT_NEAR(static_cast<double>(share().memory->value()), 8 * gigabyte, 1);
    EXPECT_EQ(read_group_time(share()), base::Nanoseconds(77));
    tree_.write("fs/cgroup/cpuset/docker/1f/cpuset.cpus", "0-1\n");
    EXPECT_EQ(share().processors, 2);
}

TEST_F(MachineShareOf512, ALimitWiderThanTheMachineIsNone) {
    tree_.write("self/cgroup", "0::/a\n");
    tree_.write("fs/cgroup/a/cpu.max", "90000000 100000\n");
    tree_.write("fs/cgroup/a/cpuset.cpus.effective", "0-511\n");
    EXPECT_FALSE(share().limited());
}

TEST_F(MachineShareOf512, NonsenseIsNoLimit) {
    tree_.write("self/cgroup", "::\nx\n0:cpu\n0::/a\n:cpu,:/a\n");
    for (const char* const text : {"", "max", "-1 100000", "200000", "0 0", "1e3 100000", "200000 0"}) {
        tree_.write("fs/cgroup/a/cpu.max", text);
        tree_.write("fs/cgroup/a/cpuset.cpus.effective", "3-1\n");
        EXPECT_FALSE(share().limited()) << text;
    }
    tree_.write("meminfo", "MemTotal: 99999999999999999999 kB\n");
    EXPECT_FALSE(share().memory);
    EXPECT_FALSE(read_group_time(share()));
}

/// lxcfs shows a container its own threads as if they were the machine.
TEST_F(MachineShareOf512, AContainerThatIsShownItsOwnThreadsAlone) {
    machine_.threads = 2;
    machine_.sockets = 1;
    tree_.write("meminfo", "MemTotal:       4194304 kB\n");
    EXPECT_NEAR(idle_watts(), 0.20 * 360 * 2 / 256 + 0.2 * 4, 1e-6);
}

TEST(CountProcessors, ReadsLists) {
    EXPECT_EQ(count_processors("0-3,8,10-11\n"), 7);
    EXPECT_EQ(count_processors("5"), 1);
    for (const char* const text : {"", "x", "1-", "3-1", "0-99999999", "1,,2"})
        EXPECT_EQ(count_processors(text), 0) << text;
}

}  // namespace
}  // namespace ergon::energy
