#pragma once
// How much memory may still be asked for.

#include <filesystem>
#include <optional>
#include <string>

#include "base/units.h"

namespace ergon::base {

/// Memory that this process can still get: what the machine has left without pushing others to the disk, what the
/// limits of the process's control groups (containers) leave, or its own limits (ulimit -v, ulimit -d), whichever is
/// least. The largest number if the system does not say.
Bytes available_memory();

/// Makes one sentence on stderr and exit code 1 of memory that ran out where no exception can pass: in a thread, in a
/// destructor. For programs, not libraries.
void install_out_of_memory_guard();

/// Readers recurse as deep as their limits allow, for which a tiny stack (ulimit -s) has no room: Error(system) below
/// 1 MiB, rather than a signal later.
void check_stack();

/// What control groups leave, both versions and every group above included: their limits less what is used; files in
/// memory do not count, they can be read again. Nothing if none has a limit. `groups` is /proc/self/cgroup, `root`
/// where the groups' files are.
std::optional<Bytes> left_in_control_groups(const std::filesystem::path& groups = "/proc/self/cgroup",
                                            const std::filesystem::path& root = "/sys/fs/cgroup");

/// Bytes as people write them: "1.4 GB" (powers of 1000).
std::string readable(Bytes bytes);

}  // namespace ergon::base
