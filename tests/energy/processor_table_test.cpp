#include "energy/processor_table.h"

#include <gtest/gtest.h>

#include "energy/estimate.h"
#include "fake_tree.h"

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
    EXPECT_EQ(telling_words("Intel(R) Xeon(R) Platinum 8480+ @ 2.0GHz"), "intel xeon platinum 8480+");
    EXPECT_EQ(telling_words("AMD EPYC 7763 64-Core Processor"), "amd epyc 7763");
    EXPECT_EQ(telling_words("13th Gen Intel(R) Core(TM) i9-13900K"), "intel core i9-13900k");
    EXPECT_EQ(telling_words("AMD Ryzen 7 5800H with Radeon Graphics"), "amd ryzen 7 5800h");
    EXPECT_EQ(telling_words(""), "");
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

TEST(ProcessorTable, ABrokenTableIsAnEmptyOne) {
    const FakeTree tree;
    tree.write("processors.csv", "watts,name\nmany,A Processor\n-3,Another\n,\n\n10\n");
    tree.write("families.csv", "a,b,c,d,e\nAuthenticAMD,25\nAuthenticAMD,25,1,0,A Processor\n");
    const ProcessorTable table(tree.root() / "processors.csv", tree.root() / "families.csv");
    EXPECT_EQ(table.size(), 0u);
    EXPECT_TRUE(table.families().empty());
    const MachineEstimate estimate(processor("AuthenticAMD", "AMD EPYC", 25, 1, 2, true), table);
    EXPECT_DOUBLE_EQ(estimate.idle.value.value(), 1.6) << "the class serves";
    EXPECT_EQ(ProcessorTable("/nowhere", "/nowhere").size(), 0u);
}

TEST(MachineEstimate, OfAVirtualMachineIsItsShareOfTheSocket) {
    const MachineEstimate estimate(processor("AuthenticAMD", "AMD EPYC", 25, 17, 2, true));
    EXPECT_NEAR(estimate.idle.value.value(), 0.217 * 360 * 2 / 192, 1e-9);
    EXPECT_NEAR(estimate.active_per_thread.value.value(), 0.873 * 360 / 192, 1e-9);
    EXPECT_NEAR(estimate.idle.high_factor(), 0.563 / 0.217, 1e-9);
    EXPECT_NE(estimate.description.find("AMD EPYC 9654"), std::string::npos) << estimate.description;
}

TEST(MachineEstimate, OfAServerIsItsSocketsWhole) {
    Processor server = processor("GenuineIntel", "Intel(R) Xeon(R) Platinum 8480+", 6, 143, 224, false);
    server.sockets = 2;
    const MachineEstimate estimate(server);
    EXPECT_NEAR(estimate.idle.value.value(), 0.217 * 700, 1e-9);
    EXPECT_NEAR(estimate.active_per_thread.value.value() * 224, 0.873 * 700, 1e-9);
}

TEST(MachineEstimate, OfALaptopWithoutHyperthreadsUsesItsDesignPower) {
    const MachineEstimate estimate(processor("GenuineIntel", "Intel(R) N100", 6, 190, 4, false));
    EXPECT_NEAR(estimate.idle.value.value(), 0.25 * 6, 1e-9);
    EXPECT_LE(estimate.active_per_thread.low_factor(), 0.7);
    EXPECT_GE(estimate.active_per_thread.high_factor(), 1.3);
}

}  // namespace
}  // namespace ergon::energy
