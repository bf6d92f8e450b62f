#include "energy/machine/processor_table.h"

#include <gtest/gtest.h>

#include "energy/estimate/estimate.h"

namespace ergon::energy {
namespace {

Processor processor(const char* vendor, const char* name, int family, int model, int threads, bool virtual_machine) {
    Processor one;
    one.vendor = vendor;
    one.name = name;
    one.family = family;
    one.model = model;
    one.threads = threads;
    one.virtual_machine = virtual_machine;
    return one;
}

TEST(ProcessorTable, KnowsNamesAsTheKernelGivesThem) {
    EXPECT_EQ(significant_words("Intel(R) Xeon(R) Platinum 8480+ @ 2.0GHz"), "intel xeon platinum 8480+");
    EXPECT_EQ(significant_words("AMD EPYC 7763 64-Core Processor"), "amd epyc 7763");
    EXPECT_EQ(significant_words("13th Gen Intel(R) Core(TM) i9-13900K"), "intel core i9-13900k");
    EXPECT_EQ(significant_words("AMD Ryzen 7 5800H with Radeon Graphics"), "amd ryzen 7 5800h");
    EXPECT_EQ(significant_words("Intel(R) Xeon(R) CPU E5-2670 0 @ 2.60GHz"), "intel xeon e5-2670");
    EXPECT_EQ(significant_words("INTEL(R) XEON(R) PLATINUM 8581C CPU @ 2.10GHz"), "intel xeon platinum 8581c");
    EXPECT_EQ(significant_words("AMD Ryzen Threadripper PRO 5995WX 64-Cores"), "amd ryzen threadripper pro 5995wx");
    EXPECT_EQ(significant_words(""), "");
    const ProcessorTable& table = ProcessorTable::shipped();
    EXPECT_GT(table.size(), 4000u);
    const auto watts = [&](const char* name) {
        const auto part = table.find(processor("", name, -1, -1, 1, false));
        return part ? part->design_power.value() : 0;
    };
    EXPECT_EQ(watts("Intel(R) Xeon(R) Platinum 8480+"), 350);
    EXPECT_EQ(watts("AMD EPYC 7763 64-Core Processor"), 280);
    EXPECT_EQ(watts("13th Gen Intel(R) Core(TM) i9-13900K"), 125);
    EXPECT_EQ(watts("Intel(R) Core(TM) i7-8565U CPU @ 1.80GHz"), 15);
    EXPECT_EQ(watts("AMD Ryzen 9 7950X 16-Core Processor"), 170);
    EXPECT_EQ(watts("AMD EPYC"), 0);
    EXPECT_EQ(watts(""), 0);
}

TEST(ProcessorTable, EveryFamilyHasAPartWhoseDesignPowerIsKnown) {
    const ProcessorTable& table = ProcessorTable::shipped();
    EXPECT_GE(table.families().size(), 15u);
    for (const ProcessorTable::Family& family : table.families()) {
        const auto part = table.find(processor(family.vendor.c_str(), "", family.family, family.model, 2, true));
        ASSERT_TRUE(part) << family.part;
        EXPECT_EQ(part->name, family.part);
        EXPECT_EQ(part->threads, family.threads);
        EXPECT_FALSE(part->named_by_machine);
    }
}

TEST(ProcessorTable, RowsThatAreNoneAreLeftOut) {
    const ProcessorTable table("watts,name\nmany,A Processor\n-3,Another\n,\n\n10\n", "10,x,B\n10,-1,C\n",
                               "a,b,c,d,e\nAuthenticAMD,25\nAuthenticAMD,25,1,0,A Processor\n");
    EXPECT_EQ(table.size(), 0u);
    EXPECT_TRUE(table.families().empty());
}

TEST(ProcessorTable, HasOneKindOfPowerForDesktops) {
    const ProcessorTable& table = ProcessorTable::shipped();
    for (const char* name : {"12th Gen Intel(R) Core(TM) i7-12700K", "12th Gen Intel(R) Core(TM) i9-12900K",
                             "13th Gen Intel(R) Core(TM) i9-13900K", "Intel(R) Core(TM) i9-14900K"}) {
        const auto part = table.find(processor("GenuineIntel", name, 6, 151, 20, false));
        ASSERT_TRUE(part) << name;
        EXPECT_EQ(part->design_power.value(), 125) << name << ": base power, not what it takes for short times";
    }
}

TEST(MachineEstimate, OfAVirtualMachineIsItsShareOfTheSocket) {
    const MachineEstimate estimate(processor("AuthenticAMD", "AMD EPYC", 25, 17, 2, true));
    EXPECT_NEAR(estimate.idle.value.value(), 0.30 * 360 * 2 / 192 + 0.2 * 8, 1e-9);
    EXPECT_NEAR(estimate.active_per_thread.value.value(), 0.90 * 360 / 192, 1e-9);
    EXPECT_NE(estimate.basis.find("AMD EPYC 9654"), std::string::npos) << estimate.basis;
}

TEST(MachineEstimate, OfAServerIsItsSocketsWhole) {
    Processor server = processor("GenuineIntel", "Intel(R) Xeon(R) Platinum 8480+", 6, 143, 224, false);
    server.sockets = 2;
    const MachineEstimate estimate(server);
    EXPECT_NEAR(estimate.idle.value.value(), 0.20 * 700 + 0.2 * 4 * 224, 1e-9);
    EXPECT_NEAR(estimate.active_per_thread.value.value() * 224, 0.87 * 700, 1e-9);
}

TEST(MachineEstimate, OfALaptopWithoutHyperthreadsUsesItsDesignPower) {
    const MachineEstimate estimate(processor("GenuineIntel", "Intel(R) N100", 6, 190, 4, false));
    EXPECT_NEAR(estimate.idle.value.value(), 0.40 * 6 + 0.04 * 4, 1e-9);
    EXPECT_LE(estimate.active_per_thread.low_factor(), 0.7);
    EXPECT_GE(estimate.active_per_thread.high_factor(), 1.3);
}

}  // namespace
}  // namespace ergon::energy
