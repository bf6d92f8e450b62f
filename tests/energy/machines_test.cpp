// Heads of /proc/cpuinfo as machines have them, and what is made of each: class, part, threads, watts.

#include <gtest/gtest.h>
#include <string>

#include "energy/estimate/estimate.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

struct KnownMachine {
    const char* what;
    int threads;
    const char* head;  // of each processor
    const char* tail;  // behind all
    const char* its_class;
    double design_power;  // of a socket; 0: the class serves
    int socket_threads;   // of which this machine is a share; 0: whole sockets
    double idle_watts;    // without memory
};

#define INTEL "vendor_id\t: GenuineIntel\ncpu family\t: 6\n"
#define AMD "vendor_id\t: AuthenticAMD\n"
#define VM "flags\t\t: fpu sse4_2 avx2 hypervisor\n"
#define METAL "flags\t\t: fpu sse4_2 avx2\n"
#define ARM "Features\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\n"

constexpr const char* virtual_server = "a share of a server processor (virtual machine)";
constexpr const char* server = "a server processor";
constexpr const char* desktop = "a desktop processor";
constexpr const char* laptop = "a laptop processor";

const KnownMachine machines[] = {
    {"EC2 m5", 2, INTEL "model\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz\n" VM, "",
     virtual_server, 210, 48, 0.30 * 210 * 2 / 48},
    {"EC2 c5", 2, INTEL "model\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Platinum 8124M CPU @ 3.00GHz\n" VM, "",
     virtual_server, 240, 36, 0.30 * 240 * 2 / 36},
    {"EC2 m4", 2, INTEL "model\t\t: 79\nmodel name\t: Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz\n" VM, "",
     virtual_server, 145, 36, 0.30 * 145 * 2 / 36},
    {"EC2 c4", 2, INTEL "model\t\t: 63\nmodel name\t: Intel(R) Xeon(R) CPU E5-2666 v3 @ 2.90GHz\n" VM, "",
     virtual_server, 135, 20, 0.30 * 135 * 2 / 20},
    {"EC2 m6i", 4, INTEL "model\t\t: 106\nmodel name\t: Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz\n" VM, "",
     virtual_server, 300, 64, 0.30 * 300 * 4 / 64},
    {"EC2 c5a", 2, AMD "cpu family\t: 23\nmodel\t\t: 49\nmodel name\t: AMD EPYC 7R32\n" VM, "", virtual_server, 280, 96,
     0.30 * 280 * 2 / 96},
    {"EC2 m7a, no SMT", 2, AMD "cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14\n" VM, "", virtual_server,
     360, 96, 0.30 * 360 * 2 / 96},
    {"EC2 m8a, no SMT", 2, AMD "cpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC 9R45\n" VM, "", virtual_server,
     400, 96, 0.30 * 400 * 2 / 96},
    {"EC2 t3a", 2, AMD "cpu family\t: 23\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7571\n" VM, "", virtual_server, 200, 64,
     0.30 * 200 * 2 / 64},
    {"EC2 m6g (Graviton2)", 2, ARM "CPU part\t: 0xd0c\n", "", "an ARM server processor", 150, 64, 0.30 * 150 * 2 / 64},
    {"EC2 m7g (Graviton3)", 4, ARM "CPU part\t: 0xd40\n", "", "an ARM server processor", 0, 0, 0.7 * 4},
    {"Ampere Altra Max, whole", 128, ARM "CPU part\t: 0xd0c\n", "", "an ARM server processor", 150, 64, 0.30 * 150 * 2},
    {"AmpereOne", 192, "Features\t: fp asimd\nCPU implementer\t: 0xc0\nCPU part\t: 0xac3\n", "",
     "an ARM server processor", 0, 0, 0.7 * 192},
    {"Compute Engine n1", 1, INTEL "model\t\t: 63\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.30GHz\n" VM, "",
     virtual_server, 135, 24, 0.30 * 135 / 24},
    {"Compute Engine c4, in capitals", 2,
     INTEL "model\t\t: 207\nmodel name\t: INTEL(R) XEON(R) PLATINUM 8581C CPU @ 2.10GHz\n" VM, "", virtual_server, 350,
     120, 0.30 * 350 * 2 / 120},
    {"in capitals, nothing else", 2, INTEL "model\t\t: 143\nmodel name\t: INTEL(R) XEON(R)\n" VM, "", virtual_server,
     350, 112, 0.30 * 350 * 2 / 112},
    {"Compute Engine n2d", 2, AMD "cpu family\t: 23\nmodel\t\t: 49\nmodel name\t: AMD EPYC 7B12\n" VM, "",
     virtual_server, 240, 128, 0.30 * 240 * 2 / 128},
    {"Azure Dasv5", 2, AMD "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763 64-Core Processor\n" VM, "",
     virtual_server, 280, 128, 0.30 * 280 * 2 / 128},
    {"QEMU's own model", 4, AMD "cpu family\t: 23\nmodel\t\t: 49\nmodel name\t: AMD EPYC-Rome Processor\n" VM, "",
     virtual_server, 225, 128, 0.30 * 225 * 4 / 128},
    {"QEMU's oldest", 1, INTEL "model\t\t: 6\nmodel name\t: QEMU Virtual CPU version 2.5+\n" VM, "", virtual_server, 0,
     0, 0.9},
    {"a server, SMT", 224,
     INTEL "model\t\t: 143\nmodel name\t: Intel(R) Xeon(R) Platinum 8480+\nphysical id\t: 0\nsiblings\t: 224\n" METAL,
     "", server, 350, 0, 0.20 * 350},
    {"a server of E cores, no SMT", 144,
     INTEL "model\t\t: 175\nmodel name\t: Intel(R) Xeon(R) 6780E\nsiblings\t: 144\n" METAL, "", server, 330, 0,
     0.20 * 330},
    {"Hygon", 64,
     "vendor_id\t: HygonGenuine\ncpu family\t: 24\nmodel\t\t: 1\nmodel name\t: Hygon C86 7285 32-core "
     "Processor\nsiblings\t: 64\n" METAL,
     "", server, 180, 0, 0.20 * 180},
    {"workstation", 128,
     AMD "cpu family\t: 25\nmodel\t\t: 8\nmodel name\t: AMD Ryzen Threadripper PRO 5995WX 64-Cores\nsiblings\t: "
         "128\n" METAL,
     "", desktop, 280, 0, 0.40 * 280},
    {"desktop of 2021", 20,
     INTEL "model\t\t: 151\nmodel name\t: 12th Gen Intel(R) Core(TM) i7-12700K\nsiblings\t: 20\n" METAL, "", desktop,
     125, 0, 0.40 * 125},
    {"desktop of 2022", 32,
     INTEL "model\t\t: 183\nmodel name\t: 13th Gen Intel(R) Core(TM) i9-13900K\nsiblings\t: 32\n" METAL, "", desktop,
     125, 0, 0.40 * 125},
    {"desktop, AMD", 32,
     AMD "cpu family\t: 25\nmodel\t\t: 97\nmodel name\t: AMD Ryzen 9 7950X 16-Core Processor\nsiblings\t: 32\n" METAL,
     "", desktop, 170, 0, 0.40 * 170},
    {"laptop", 8, INTEL "model\t\t: 142\nmodel name\t: Intel(R) Core(TM) i7-8565U CPU @ 1.80GHz\nsiblings\t: 8\n" METAL,
     "", laptop, 15, 0, 0.40 * 15},
    {"laptop, AMD", 16,
     AMD
     "cpu family\t: 25\nmodel\t\t: 80\nmodel name\t: AMD Ryzen 7 5800H with Radeon Graphics\nsiblings\t: 16\n" METAL,
     "", laptop, 45, 0, 0.40 * 45},
    {"small computer", 4, INTEL "model\t\t: 190\nmodel name\t: Intel(R) N100\nsiblings\t: 4\n" METAL, "", laptop, 6, 0,
     0.40 * 6},
    {"Apple M1 under Asahi", 8,
     "Features\t: fp asimd\nCPU implementer\t: 0x61\nCPU architecture: 8\nCPU part\t: 0x022\n", "",
     "an Apple processor", 0, 0, 0.6 * 8},
    {"Raspberry Pi Zero 2", 4, ARM "CPU part\t: 0xd03\n",
     "Revision\t: 902120\nModel\t\t: Raspberry Pi Zero 2 W Rev 1.0\n", "a small ARM board", 0, 0, 0.25 * 4},
    {"Raspberry Pi 4", 4, ARM "CPU part\t: 0xd08\n", "Revision\t: c03111\nModel\t\t: Raspberry Pi 4 Model B Rev 1.1\n",
     "an ARM board", 0, 0, 0.7 * 4},
    {"Raspberry Pi 5", 4, ARM "CPU part\t: 0xd0b\n", "Model\t\t: Raspberry Pi 5 Model B Rev 1.0\n", "an ARM board", 0,
     0, 0.7 * 4},
    {"Snapdragon X", 12, "Features\t: fp asimd\nCPU implementer\t: 0x51\nCPU part\t: 0x001\n", "", laptop, 0, 0,
     0.7 * 12},
};

Processor read(const KnownMachine& machine) {
    const FakeTree tree;
    std::string text;
    for (int i = 0; i < machine.threads; ++i) text += "processor\t: " + std::to_string(i) + "\n" + machine.head + "\n";
    tree.write("cpuinfo", text + machine.tail);
    return read_processor(tree.root());
}

TEST(Machines, AreWhatTheyAre) {
    EXPECT_GE(std::size(machines), 30u);
    for (const KnownMachine& machine : machines) {
        const Processor processor = read(machine);
        EXPECT_EQ(processor.threads, machine.threads) << machine.what;
        EXPECT_EQ(classify(processor).description, machine.its_class) << machine.what;
        const auto part = ProcessorTable::shipped().find(processor);
        EXPECT_EQ(part ? part->design_power.value() : 0, machine.design_power) << machine.what;
        if (machine.socket_threads > 0) {
            EXPECT_EQ(part ? part->threads : 0, machine.socket_threads) << machine.what;
        }
        const MachineEstimate estimate(processor);
        EXPECT_NEAR((estimate.idle.value - estimate.memory.value).value(), machine.idle_watts,
                    1e-9 * machine.idle_watts)
            << machine.what << ": " << estimate.basis;
    }
}

/// The smaller cores of two kinds may come first.
TEST(Machines, OfTwoKindsOfCoresTheLargerTells) {
    const FakeTree tree;
    const std::string little = ARM "CPU part\t: 0xd05\n\n", big = ARM "CPU part\t: 0xd0b\n\n";
    tree.write("cpuinfo", "processor\t: 0\n" + little + "processor\t: 1\n" + big);
    EXPECT_EQ(classify(read_processor(tree.root())).description, "an ARM board");
    tree.write("cpuinfo", "processor\t: 0\n" + big + "processor\t: 1\n" + little);
    EXPECT_EQ(classify(read_processor(tree.root())).description, "an ARM board");
}

}  // namespace
}  // namespace ergon::energy
