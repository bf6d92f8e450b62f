#include "energy/estimate/estimate.h"

#include <gtest/gtest.h>
#include <string>

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;

std::string class_of(const char* vendor, const char* name, bool virtual_machine = false, int model = -1) {
    Processor processor;
    processor.vendor = vendor;
    processor.name = name;
    processor.virtual_machine = virtual_machine;
    processor.model = model;
    return std::string(classify(processor).description);
}

TEST(Estimate, KnowsTheClassOfPublicNames) {
    EXPECT_EQ(class_of("AuthenticAMD", "AMD EPYC 7763 64-Core Processor"), "a server processor");
    EXPECT_EQ(class_of("AuthenticAMD", "AMD EPYC", true), "a share of a server processor (virtual machine)");
    EXPECT_EQ(class_of("GenuineIntel", "Intel(R) Xeon(R) Platinum 8480+"), "a server processor");
    EXPECT_EQ(class_of("GenuineIntel", "", true), "a share of a server processor (virtual machine)");
    EXPECT_EQ(class_of("GenuineIntel", "13th Gen Intel(R) Core(TM) i9-13900K"), "a desktop processor");
    EXPECT_EQ(class_of("GenuineIntel", "Intel(R) Core(TM) i7-8565U CPU @ 1.80GHz"), "a laptop processor");
    EXPECT_EQ(class_of("GenuineIntel", "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz"), "a laptop processor");
    EXPECT_EQ(class_of("GenuineIntel", "Intel(R) Core(TM) Ultra 7 155H"), "a laptop processor");
    EXPECT_EQ(class_of("GenuineIntel", "Intel(R) N100"), "a laptop processor");
    EXPECT_EQ(class_of("AuthenticAMD", "AMD Ryzen 9 7950X 16-Core Processor"), "a desktop processor");
    EXPECT_EQ(class_of("AuthenticAMD", "AMD Ryzen 7 5800X3D 8-Core Processor"), "a desktop processor");
    EXPECT_EQ(class_of("AuthenticAMD", "AMD Ryzen 7 5800H with Radeon Graphics"), "a laptop processor");
    EXPECT_EQ(class_of("AuthenticAMD", "AMD Ryzen Threadripper 3990X 64-Core Processor"), "a desktop processor");
    EXPECT_EQ(class_of("0x41", "", false, 0xd0c), "an ARM server processor");
    EXPECT_EQ(class_of("0x41", "", false, 0xd08), "an ARM board");
    EXPECT_EQ(class_of("0x41", "Raspberry Pi Zero 2 W Rev 1.0", false, 0xd03), "a small ARM board");
    EXPECT_EQ(class_of("GenuineIntel", "INTEL(R) XEON(R) PLATINUM 8581C CPU @ 2.10GHz"), "a server processor");
    EXPECT_EQ(class_of("HygonGenuine", "Hygon C86 7285 32-core Processor"), "a server processor");
    EXPECT_EQ(class_of("0xc0", ""), "an ARM server processor");
    EXPECT_EQ(class_of("0x61", ""), "an Apple processor");
    EXPECT_EQ(class_of("", ""), "an unknown processor");
    EXPECT_EQ(class_of("GenuineIntel", std::string(100000, 'U').c_str()), "an unknown processor");
}

TEST(Estimate, NoClassClaimsLessThanThirtyPercent) {
    for (const ProcessorClass& one : processor_classes()) {
        for (const PowerRange& power : {one.idle_per_thread, one.active_per_thread, one.memory.idle}) {
            EXPECT_LE(power.low_factor(), 0.7) << one.description;
            EXPECT_GE(power.high_factor(), 1.3) << one.description;
            EXPECT_GT(power.low.value(), 0) << one.description;
        }
    }
}

MachineShare share_of(double processors, std::optional<double> gigabytes) {
    MachineShare share;
    share.processors = processors;
    if (gigabytes) share.memory = base::Bytes(static_cast<std::int64_t>(*gigabytes * (1 << 30)));
    return share;
}

Processor unnamed_virtual_server() {
    Processor processor;
    processor.vendor = "AuthenticAMD";
    processor.name = "AMD EPYC";
    processor.virtual_machine = true;
    processor.threads = 2;
    return processor;
}

TEST(Estimate, IsPowerTimesTime) {
    const MachineEstimate estimate(unnamed_virtual_server(), share_of(2, 8));
    const double idle = 2 * 0.9 + 8 * 0.2, active = 2.6;
    EXPECT_DOUBLE_EQ(estimate.idle.value.value(), idle);
    EXPECT_NEAR(static_cast<double>(estimate.idle_energy(Nanoseconds(2'000'000'000)).value()), 2e9 * idle, 1);
    const auto joules = [&](double busy) {
        const auto energy =
            estimate.active_energy(Nanoseconds(static_cast<std::int64_t>(busy * 1e9)), Nanoseconds(1'000'000'000));
        return static_cast<double>(energy.value()) * 1e-9;
    };
    EXPECT_NEAR(joules(2), 2 * active, 1e-8);
    EXPECT_NEAR(joules(1), 0.64 * 2 * active, 1e-8) << "the first half takes more than half";
    EXPECT_NEAR(joules(0.2), 0.24 * 2 * active, 1e-8);
    EXPECT_NEAR(joules(9), 2 * active, 1e-8) << "no more than all threads can be busy";
    EXPECT_EQ(joules(0), 0);
    EXPECT_DOUBLE_EQ(estimate.power_of(2).value(), idle + 2 * active);
    EXPECT_EQ(estimate.threads_within(base::Watts(100)), 2);
    EXPECT_EQ(estimate.threads_within(base::Watts(idle + 4)), 1);
    EXPECT_EQ(estimate.threads_within(base::Watts(idle + 3)), 0);
}

TEST(Estimate, PowerRisesWithLoadLessAndLess) {
    double before = 0, slope_before = 1e9;
    for (int percent = 1; percent <= 100; ++percent) {
        const double share = power_share(percent / 100.0), slope = share - before;
        EXPECT_GT(slope, 0) << percent;
        EXPECT_LE(slope, slope_before + 1e-12) << percent;
        before = share;
        slope_before = slope;
    }
    EXPECT_DOUBLE_EQ(power_share(1), 1);
    EXPECT_DOUBLE_EQ(power_share(7), 1);
    EXPECT_NEAR(power_share(0.1) / 0.1, 2.4, 1e-12);
}

/// Published: a gigabyte of a server's memory takes 0.13 to 0.25 W at rest, which is most of a small instance.
TEST(Estimate, MemoryTakesPowerAtRest) {
    const MachineEstimate little(unnamed_virtual_server(), share_of(2, 2));
    const MachineEstimate much(unnamed_virtual_server(), share_of(2, 26));
    EXPECT_NEAR((much.idle.value - little.idle.value).value(), 24 * 0.2, 1e-9);
    EXPECT_LE((much.idle.low - little.idle.low).value(), 24 * 0.13);
    EXPECT_GE((much.idle.high - little.idle.high).value(), 24 * 0.25);
    const MachineEstimate unsaid(unnamed_virtual_server());
    EXPECT_LT(unsaid.idle.low, MachineEstimate(unnamed_virtual_server(), share_of(2, 4)).idle.value);
    EXPECT_GT(unsaid.idle.high, MachineEstimate(unnamed_virtual_server(), share_of(2, 16)).idle.value);
    EXPECT_NE(unsaid.description().find("an assumed 8 GB"), std::string::npos) << unsaid.description();
}

/// DDR4 and DDR5 take 10 to 20 pJ for a bit: at 38 GB/s, 3 to 6 W.
TEST(Estimate, BytesFromMemoryTakeJoules) {
    const double bytes = 38e9;
    EXPECT_LE(memory_byte.low * bytes, 3.04);
    EXPECT_GE(memory_byte.high * bytes, 6.08);
    const WorkCost cost = MachineEstimate(unnamed_virtual_server()).work_cost();
    EXPECT_EQ(cost.joules_per_byte[static_cast<std::size_t>(Source::weights)], memory_byte.value);
    EXPECT_EQ(cost.joules_per_byte[static_cast<std::size_t>(Source::activations)], 0);
}

TEST(Estimate, FillsTheTimeOfACounterWithinItsBoundary) {
    MachineEstimate whole(unnamed_virtual_server(), share_of(2, 10));
    MachineEstimate packages = whole;
    packages.limit_to(Boundary::processor);
    EXPECT_NEAR(packages.idle.value.value(), 0.4 * 1.8, 1e-9) << "neither memory nor the rest of the machine";
    MachineEstimate with_memory = whole;
    with_memory.limit_to(Boundary::processor_and_memory);
    EXPECT_NEAR((with_memory.idle.value - packages.idle.value).value(), 10 * 0.2, 1e-9);
    EXPECT_EQ(with_memory.boundary, Boundary::processor_and_memory);
}

}  // namespace
}  // namespace ergon::energy
