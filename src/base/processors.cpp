#include "base/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sched.h>
#include <string>
#include <thread>

namespace ergon::base {
namespace {

namespace fs = std::filesystem;

constexpr double no_limit = std::numeric_limits<double>::infinity();

int processors_of_affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

/// Processors of a folder's quota: version 2 has both numbers in one file ("max 100000": none), version 1 in two (-1:
/// none).
double quota_of_folder(const fs::path& folder) {
    double quota = 0, period = 0;
    if (std::ifstream both(folder / "cpu.max"); both >> quota >> period && quota > 0 && period > 0)
        return quota / period;
    std::ifstream quota_file(folder / "cpu.cfs_quota_us"), period_file(folder / "cpu.cfs_period_us");
    if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
    return no_limit;
}

/// The least quota of a group and of those above it.
double quota_of_group(const fs::path& mount, fs::path group) {
    double least = no_limit;
    for (;; group = group.parent_path()) {
        least = std::min(least, quota_of_folder(mount / group.relative_path()));
        if (!group.has_relative_path()) return least;
    }
}

/// By /proc/self/cgroup: "0::/path" is version 2, "4:cpu,cpuacct:/path" version 1.
double quota_of_process(const fs::path& root) {
    std::ifstream groups(root / "proc/self/cgroup");
    double least = no_limit;
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const bool has_processors = controllers.empty() || ("," + controllers + ",").find(",cpu,") != std::string::npos;
        if (has_processors) {
            least = std::min(least, quota_of_group(root / "sys/fs/cgroup" / controllers, line.substr(second + 1)));
        }
    }
    return least;
}

}  // namespace

int available_processors(const fs::path& root) {
    const double quota = std::ceil(quota_of_process(root));
    const int processors = processors_of_affinity();
    return quota < processors ? std::max(1, static_cast<int>(quota)) : processors;
}

}  // namespace ergon::base
