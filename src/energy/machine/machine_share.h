#pragma once
// How much of the machine this program may use: the processors that its container or job is limited to, and memory.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "energy/machine/processor.h"

namespace ergon::energy {

struct MachineShare {
    double processors = 1;  // hardware threads' worth; a quota may give half of one
    /// The limit that makes it less than the machine, "cpu.max"; empty if there is none.
    std::string limit;
    /// Memory that belongs to it: what is installed, or the part that the limits leave. Nothing if the system does not
    /// say.
    std::optional<base::Bytes> memory;
    std::filesystem::path group;  // where the processor time of the limited group is counted; empty if none is limited

    bool limited() const { return !limit.empty(); }
};

/// Reads `procfs`/meminfo and the control groups of this process: `procfs`/self/cgroup below `sysfs`/fs/cgroup, version
/// 1 and 2. Of nested groups the tightest limit counts. A quota: cpu.max, or cpu.cfs_quota_us and cpu.cfs_period_us; a
/// set of processors: cpuset.cpus.effective, or cpuset.cpus; memory: memory.max, or memory.limit_in_bytes.
MachineShare read_machine_share(const std::filesystem::path& procfs, const std::filesystem::path& sysfs,
                                const Processor& processor);

/// Processor time of all programs in the limited group so far: what `procfs`/stat says of the whole machine, for its
/// share. Nothing if the group does not say.
std::optional<base::Nanoseconds> read_group_time(const MachineShare& share);

/// How many processors a list such as "0-3,8" names; 0 if it is none.
int count_processors(std::string_view list);

}  // namespace ergon::energy
