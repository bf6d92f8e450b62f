#pragma once
// Looks for every source of joules that this machine has.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "energy/counters/machine_counter.h"
#include "energy/sensors/perf_power.h"

namespace ergon::energy {

struct SensorOptions {
    std::filesystem::path sysfs = "/sys";
    std::vector<std::string> specs;  // as --sensor has them (see open_user_sensor); several are feeds that add up
    std::filesystem::path nvml_library = "libnvidia-ml.so.1";  // empty: NVIDIA's cards are not looked for
    PerfOpen open_perf = open_perf_event;
    MissingModel missing{};      // what is expected of parts that tell nothing
    bool devices_apart = false;  // see MachineCounterOptions
};

/// One kind of source, as `ergon meter --list` shows it.
struct SourceReport {
    std::string source;                 // "powercap"
    bool present = false;               // something of it is on this machine, whether it can be used or not
    std::vector<std::string> used;      // sensors that are read
    std::vector<std::string> repeated;  // sensors that a better source repeats, which are not
    std::vector<std::string> problems;  // sentences: why there is nothing or not all, and what helps
};

struct SensorSearch {
    std::unique_ptr<MachineCounter> counter;  // nothing if no sensor covers a processor package, more, or a card
    std::vector<SourceReport> sources;        // all that were looked for
    std::string sentence;                     // what the machine's total is, or why there is none and what helps
};

/// Opens what there is. Throws base::Error if a sensor that the user names does not respond.
SensorSearch find_sensors(const SensorOptions& options, base::Nanoseconds now);

}  // namespace ergon::energy
