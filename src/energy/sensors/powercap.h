#pragma once
// RAPL energy counters of Intel and AMD processors, as Linux shows them:
// /sys/class/powercap/intel-rapl:P[:S]/energy_uj.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// One zone: a folder with a counter in it.
struct PowercapZone {
    std::filesystem::path directory;
    std::string name;    // as the kernel says: "package-0", "package-1-die-0", "core", "uncore", "dram", "psys"
    std::string parent;  // name of the zone around it, empty at the top
    Scope scope = Scope::part;
    std::uint64_t range = 0;  // microjoules at which the counter wraps, 0 if the kernel does not say
};

struct PowercapSearch {
    std::vector<PowercapZone> zones;    // readable, each counter once
    std::vector<Unread> unread;         // packages, memory and boards that are there and are covered by no other zone
    std::vector<std::string> problems;  // a sentence for each zone or folder that is there and cannot be used
    bool permission_denied = false;
};

/// Looks through `sysfs`/class/powercap. Zones are known by name and parent, not by number (zone 1 need not be socket
/// 1); the memory-mapped tree (intel-rapl-mmio) repeats zones of the other one, which are then left out. A zone counts
/// whether or not its power limits are enabled. Finding nothing is not an error.
PowercapSearch find_powercap_zones(const std::filesystem::path& sysfs);

/// The counter of one zone, wraps resolved with the zone's own range.
std::unique_ptr<Sensor> open_powercap_counter(const PowercapZone& zone, base::Nanoseconds now);

}  // namespace ergon::energy
