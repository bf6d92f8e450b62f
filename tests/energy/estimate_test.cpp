#include "energy/estimate.h"

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
    EXPECT_EQ(class_of("0xc0", ""), "an ARM server processor");
    EXPECT_EQ(class_of("0x61", ""), "an Apple processor");
    EXPECT_EQ(class_of("", ""), "an unknown processor");
    EXPECT_EQ(class_of("GenuineIntel", std::string(100000, 'U').c_str()), "an unknown processor");
}

TEST(Estimate, NoClassClaimsLessThanThirtyPercent) {
    for (const ProcessorClass& one : processor_classes()) {
        for (const PowerRange& power : {one.idle_per_thread, one.active_per_thread}) {
            EXPECT_LE(power.low_factor(), 0.7) << one.description;
            EXPECT_GE(power.high_factor(), 1.3) << one.description;
            EXPECT_GT(power.low.value(), 0) << one.description;
        }
    }
}

TEST(Estimate, IsPowerTimesTime) {
    Processor processor;
    processor.vendor = "AuthenticAMD";
    processor.name = "AMD EPYC";
    processor.virtual_machine = true;
    processor.threads = 2;
    const MachineEstimate estimate(processor);
    EXPECT_EQ(estimate.idle_energy(Nanoseconds(2'000'000'000)), Nanojoules(3'200'000'000));  // 2 threads x 0.8 W x 2 s
    EXPECT_EQ(estimate.active_energy(Nanoseconds(1'000'000'000), Nanoseconds(1'000'000'000)),
              Nanojoules(2'200'000'000));
    // No more than all threads can be busy.
    EXPECT_EQ(estimate.active_energy(Nanoseconds(9'000'000'000), Nanoseconds(1'000'000'000)),
              Nanojoules(4'400'000'000));
    EXPECT_DOUBLE_EQ(estimate.power_of(2).value(), 1.6 + 2 * 2.2);
    EXPECT_EQ(estimate.threads_within(base::Watts(100)), 2);
    EXPECT_EQ(estimate.threads_within(base::Watts(5.9)), 1);
    EXPECT_EQ(estimate.threads_within(base::Watts(3.7)), 0);
}

}  // namespace
}  // namespace ergon::energy
