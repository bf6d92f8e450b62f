#pragma once
// Other programs' processes as /proc shows them: who they are, and the processor time of one with all that it started.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/units.h"

namespace ergon::energy {

/// What `procfs`/PID/stat says.
struct ProcessStat {
    std::string name;  // the program's, cut to 15 bytes by the kernel
    int parent = 0;
    std::uint64_t started = 0;      // ticks since boot: tells it from a later process of the same number
    base::Nanoseconds processor{};  // user and system, in ticks of 10 ms
};

/// Nothing if there is no such process.
std::optional<ProcessStat> read_process(const std::filesystem::path& procfs, int pid);

/// The numbers of all processes that can be seen.
std::vector<int> all_processes(const std::filesystem::path& procfs);

/// The user that a process belongs to; nothing if that cannot be seen.
std::optional<std::uint64_t> user_of(const std::filesystem::path& procfs, int pid);

/// The processes and all that they have started which live now.
std::vector<int> with_descendants(const std::filesystem::path& procfs, const std::vector<int>& processes);

/// Some processes and all that they start.
class ProcessTree {
  public:
    ProcessTree(std::filesystem::path procfs, std::vector<int> roots);
    /// Processor time of all of them so far; what has ended counts with what it had when it was seen last. From the
    /// processes' clocks, which count nanoseconds; where those cannot be read, from /proc, in ticks.
    base::Nanoseconds time();
    /// Those that live, as `time` saw them last.
    const std::set<int>& alive() const { return alive_; }

  private:
    struct Member {
        std::uint64_t started = 0;
        base::Nanoseconds time{};
    };
    void visit(int pid);
    std::vector<int> children_of(int pid) const;

    std::filesystem::path procfs_;
    std::vector<int> roots_;
    std::map<int, Member> members_;
    std::set<int> alive_;
};

}  // namespace ergon::energy
