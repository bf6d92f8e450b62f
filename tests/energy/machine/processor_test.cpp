#include "energy/machine/processor.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

TEST(Processor, ReadsAnX86Machine) {
    const FakeTree tree;
    std::string text;
    for (int thread = 0; thread < 3; ++thread) {
        text += "processor\t: " + std::to_string(thread) +
                "\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 7763 64-Core "
                "Processor\n"
                "flags\t\t: fpu sse4_2 fma hypervisor avx2 avx512f\n\n";
    }
    tree.write("cpuinfo", text);
    const Processor processor = read_processor(tree.root());
    EXPECT_EQ(processor.vendor, "AuthenticAMD");
    EXPECT_EQ(processor.name, "AMD EPYC 7763 64-Core Processor");
    EXPECT_EQ(processor.family, 25);
    EXPECT_EQ(processor.model, 17);
    EXPECT_EQ(processor.threads, 3);
    EXPECT_TRUE(processor.virtual_machine);
    EXPECT_THAT(processor.vector_flags, ::testing::ElementsAre("sse4_2", "fma", "avx2", "avx512f"));
}

TEST(Processor, ItsLargestCacheIsThatOfAnyLevel) {
    const FakeTree tree;
    EXPECT_FALSE(largest_cache(tree.root()));
    const std::string caches = "devices/system/cpu/cpu0/cache/index";
    tree.write(caches + "0/size", "32K\n");
    tree.write(caches + "2/size", "1024K\n");
    tree.write(caches + "3/size", "32768K\n");
    tree.write(caches + "4/size", "much\n");
    EXPECT_EQ(largest_cache(tree.root()), base::Bytes(32 << 20));
}

TEST(Processor, ReadsAnArmMachine) {
    const FakeTree tree;
    tree.write("cpuinfo",
               "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd asimddp sve\nCPU implementer\t: 0x41\nCPU "
               "part\t: 0xd0c\n\n"
               "processor\t: 1\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd05\n");
    const Processor processor = read_processor(tree.root());
    EXPECT_EQ(processor.vendor, "0x41");
    EXPECT_EQ(processor.model, 0xd0c);
    EXPECT_EQ(processor.threads, 2);
    EXPECT_THAT(processor.vector_flags, ::testing::ElementsAre("asimd", "asimddp", "sve"));
}

TEST(Processor, NonsenseIsAnUnknownProcessor) {
    const FakeTree tree;
    EXPECT_EQ(read_processor(tree.root()).threads, 1);
    tree.write("cpuinfo",
               std::string("processor\ncpu family: many\nmodel: 99999999999999999999\nprocessor : -1\n\0:::\n", 75));
    const Processor processor = read_processor(tree.root());
    EXPECT_EQ(processor.threads, 1);
    EXPECT_EQ(processor.family, -1);
    EXPECT_EQ(processor.model, -1);
    EXPECT_EQ(processor.name, "");
}

TEST(BusyTime, TheMachineIsUserNiceSystemAndInterrupts) {
    const FakeTree tree;
    // user nice system idle iowait irq softirq steal guest guest_nice
    tree.write("stat", "cpu  100 20 30 9999 888 4 5 777 66 55\ncpu0 1 1 1 1\n");
    EXPECT_EQ(base::to_seconds(read_busy_time(tree.root()).machine).value(), (100 + 20 + 30 + 4 + 5) / 100.0);
    tree.write("stat", "cpu  18446744073709551615 18446744073709551615 0 0 0 0 0\n");
    EXPECT_GE(read_busy_time(tree.root()).machine.value(), 0) << "a wrong file must not overflow";
    tree.write("stat", "intr 5 5 5\n");
    EXPECT_EQ(read_busy_time(tree.root()).machine.value(), 0);
    tree.write("stat", "");
    EXPECT_EQ(read_busy_time(tree.root()).machine.value(), 0);
}

TEST(BusyTime, TheProgramsOwnTimeGrowsWithItsWork) {
    const BusyTime before = read_busy_time("/proc");
    const base::Nanoseconds begin = base::now();
    double sum = 0;
    while (base::now() - begin < base::Nanoseconds(30'000'000)) sum += std::sqrt(sum + 1);
    const base::Nanoseconds program = read_busy_time("/proc").program - before.program;
    EXPECT_GT(sum, 0);
    EXPECT_GT(program, base::Nanoseconds(1'000'000));  // something, even on a crowded machine
    EXPECT_LT(program, base::Nanoseconds(60'000'000'000));
}

}  // namespace
}  // namespace ergon::energy
