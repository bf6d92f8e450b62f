#pragma once
// What /proc says about the processor and about who kept it busy.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace ergon::energy {

/// The processor as /proc/cpuinfo names it. What is not said there is empty or -1.
struct Processor {
    std::string vendor;  // "GenuineIntel", "AuthenticAMD"; on ARM the implementer, "0x41"
    std::string name;    // "AMD EPYC 7763 64-Core Processor"; of ARM boards the board's, "Raspberry Pi 4 Model B"
    int family = -1;     // x86: cpu family
    int model = -1;      // x86: model; ARM: CPU part, of the largest cores
    std::vector<std::string>
        vector_flags;  // of those that kernels are built for: "avx2", "fma", "avx512f", "asimd", ...
    int threads = 1;   // visible hardware threads
    int sockets = 1;   // by their "physical id"
    int siblings = 0;  // threads of a socket as the kernel sees it, which may be more than are shown here; 0: not said
    bool virtual_machine = false;
};

/// Reads `procfs`/cpuinfo. A file that is missing or says nothing gives an unknown processor with one thread.
Processor read_processor(const std::filesystem::path& procfs);

/// A small ARM core, for little power: of phones, of the smallest boards, and the smaller ones of two kinds.
bool is_little_core(int part);

/// The largest cache of the first processor, as `sysfs`/devices/system/cpu tells it; nothing if it does not.
std::optional<base::Bytes> largest_cache(const std::filesystem::path& sysfs);

/// Processor time so far, summed over hardware threads.
struct BusyTime {
    base::Nanoseconds program{};  // this process, user and system
    base::Nanoseconds machine{};  // every process, this one included; zero if unknown
};

/// Processor time of this process so far, user and system, in nanoseconds.
base::Nanoseconds program_time();

/// The program's from the process clock, which counts nanoseconds where /proc/self/stat counts ticks of 10 ms (a short
/// answer takes few of them); the machine's from `procfs`/stat, in ticks.
BusyTime read_busy_time(const std::filesystem::path& procfs);

}  // namespace ergon::energy
