#include "energy/machine/machine_share.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> unsigned_in(const fs::path& file) {
    return parse_unsigned(read_small_file(file).text);
}

/// One hierarchy of groups that this process is in.
struct Hierarchy {
    fs::path root;
    std::string path;  // of the group, below the root: "/a/b"
    bool unified = false;
};

bool names_controller(std::string_view list, std::string_view controller) {
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        if (list.substr(begin, end - begin) == controller) return true;
        begin = end + 1;
    }
    return false;
}

/// Where `controller` is mounted: version 1 has a folder for each, or for several together.
std::optional<fs::path> mounted(const fs::path& groups, std::string_view controllers, std::string_view controller) {
    std::error_code none;
    for (const std::string_view folder : {controllers, controller}) {
        if (fs::is_directory(groups / folder, none)) return groups / folder;
    }
    return std::nullopt;
}

/// The hierarchies that hold a controller, by the lines "4:cpu,cpuacct:/docker/1f" and "0::/docker/1f".
std::vector<Hierarchy> hierarchies_of(std::string_view controller, const std::string& lines, const fs::path& groups) {
    std::vector<Hierarchy> found;
    for (std::size_t begin = 0; begin < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', begin), lines.size());
        const std::string_view line = std::string_view(lines).substr(begin, end - begin);
        begin = end + 1;
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string path(line.substr(second + 1));
        if (controllers.empty()) {
            found.push_back({groups, path, true});
        } else if (names_controller(controllers, controller)) {
            if (auto root = mounted(groups, controllers, controller)) found.push_back({*root, path, false});
        }
    }
    return found;
}

/// The group's folder and those that contain it, innermost first. In a container the path may be the host's, which is
/// not there: then the root is the container's own group.
std::vector<fs::path> nested_groups(const Hierarchy& hierarchy) {
    constexpr int deepest = 64;
    std::error_code none;
    const fs::path below = fs::path(hierarchy.path).relative_path();
    std::vector<fs::path> folders;
    const bool inside = std::ranges::find(below, "..") == below.end();
    if (inside && !below.empty() && fs::is_directory(hierarchy.root / below, none)) {
        fs::path part = below;
        for (int i = 0; i < deepest && !part.empty(); ++i, part = part.parent_path()) {
            folders.push_back(hierarchy.root / part);
        }
    }
    folders.push_back(hierarchy.root);
    return folders;
}

/// Processors' worth of a quota. "max 100000" is none.
std::optional<double> quota_of(const fs::path& folder, bool unified) {
    std::optional<std::uint64_t> quota, period;
    if (unified) {
        const std::string text = read_small_file(folder / "cpu.max").text;
        const std::string_view both = trimmed(text);
        const std::size_t blank = both.find(' ');
        if (blank == both.npos) return std::nullopt;
        quota = parse_unsigned(both.substr(0, blank));
        period = parse_unsigned(both.substr(blank + 1));
    } else {
        quota = unsigned_in(folder / "cpu.cfs_quota_us");  // -1 where there is none
        period = unsigned_in(folder / "cpu.cfs_period_us");
    }
    if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> set_of(const fs::path& folder, bool unified) {
    for (const char* const name : {unified ? "cpuset.cpus.effective" : "cpuset.effective_cpus", "cpuset.cpus"}) {
        const int count = count_processors(read_small_file(folder / name, std::size_t{1} << 16).text);
        if (count > 0) return count;
    }
    return std::nullopt;
}

void tighten(MachineShare& share, std::optional<double> processors, const char* limit, const fs::path& group) {
    if (!processors || *processors >= share.processors) return;
    share.processors = *processors;
    share.limit = limit;
    share.group = group;
}

std::optional<std::uint64_t> installed_memory(const fs::path& procfs) {
    const std::string text = read_small_file(procfs / "meminfo").text;
    constexpr std::string_view key = "MemTotal:";
    const std::size_t at = text.find(key);
    if (at == text.npos) return std::nullopt;
    std::string_view rest = std::string_view(text).substr(at + key.size());
    rest = trimmed(rest.substr(0, rest.find('\n')));
    if (!rest.ends_with(" kB")) return std::nullopt;
    const auto kibibytes = parse_unsigned(rest.substr(0, rest.size() - 3));
    constexpr std::uint64_t most = std::uint64_t{1} << 43;  // 8 EiB in KiB; no machine has more
    if (!kibibytes || *kibibytes == 0 || *kibibytes >= most) return std::nullopt;
    return *kibibytes << 10;
}

std::optional<std::uint64_t> memory_limit(const std::string& lines, const fs::path& groups) {
    std::optional<std::uint64_t> least;
    for (const Hierarchy& hierarchy : hierarchies_of("memory", lines, groups)) {
        for (const fs::path& folder : nested_groups(hierarchy)) {
            const auto limit = unsigned_in(folder / (hierarchy.unified ? "memory.max" : "memory.limit_in_bytes"));
            if (limit && *limit > 0) least = std::min(least.value_or(*limit), *limit);
        }
    }
    return least;
}

/// Where the processor time of a limited group is counted: version 1 may do so in another hierarchy.
fs::path accounting_group(const fs::path& limited, const std::string& lines, const fs::path& groups) {
    for (const Hierarchy& hierarchy : hierarchies_of("cpuacct", lines, groups)) {
        if (hierarchy.unified || limited.empty()) continue;
        for (const fs::path& folder : nested_groups(hierarchy)) {
            const std::string inside = folder.lexically_relative(hierarchy.root).string();
            if (inside == "." || limited.string().ends_with("/" + inside)) return folder;
        }
    }
    return limited;
}

void find_limits(MachineShare& share, const std::string& lines, const fs::path& groups) {
    for (const Hierarchy& hierarchy : hierarchies_of("cpu", lines, groups)) {
        for (const fs::path& folder : nested_groups(hierarchy)) {
            const char* const name = hierarchy.unified ? "cpu.max" : "cpu.cfs_quota_us";
            tighten(share, quota_of(folder, hierarchy.unified), name, folder);
        }
    }
    for (const Hierarchy& hierarchy : hierarchies_of("cpuset", lines, groups)) {
        for (const fs::path& folder : nested_groups(hierarchy)) {
            tighten(share, set_of(folder, hierarchy.unified), "cpuset", folder);
        }
    }
}

}  // namespace

int count_processors(std::string_view list) {
    constexpr int most = 1 << 16;
    int count = 0;
    list = trimmed(list);
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string_view range = list.substr(begin, end - begin);
        begin = end + 1;
        const std::size_t dash = range.find('-');
        const auto first = parse_unsigned(range.substr(0, dash));
        const auto last = dash == range.npos ? first : parse_unsigned(range.substr(dash + 1));
        if (!first || !last || *last < *first || *last >= most) return 0;
        count += static_cast<int>(*last - *first) + 1;
    }
    return count;
}

MachineShare read_machine_share(const fs::path& procfs, const fs::path& sysfs, const Processor& processor) {
    MachineShare share;
    share.processors = processor.threads;
    const std::string lines = read_small_file(procfs / "self/cgroup").text;
    const fs::path groups = sysfs / "fs/cgroup";
    find_limits(share, lines, groups);
    share.group = accounting_group(share.group, lines, groups);
    const auto installed = installed_memory(procfs);
    if (installed) {
        // Who is given a part of the processors and no limit of memory has as large a part of that.
        double bytes = static_cast<double>(*installed) * share.processors / processor.threads;
        const auto limit = memory_limit(lines, groups);
        if (share.limited() && limit) bytes = static_cast<double>(std::min(*limit, *installed));
        share.memory = base::Bytes(static_cast<std::int64_t>(bytes));
    }
    return share;
}

std::optional<base::Nanoseconds> read_group_time(const MachineShare& share) {
    if (share.group.empty()) return std::nullopt;
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    if (const auto time = unsigned_in(share.group / "cpuacct.usage"); time && *time < most) {
        return base::Nanoseconds(static_cast<std::int64_t>(*time));
    }
    const std::string text = read_small_file(share.group / "cpu.stat").text;
    constexpr std::string_view key = "usage_usec ";
    const std::size_t at = text.find(key);
    if (at == text.npos) return std::nullopt;
    const std::string_view rest = std::string_view(text).substr(at + key.size());
    const auto microseconds = parse_unsigned(rest.substr(0, rest.find('\n')));
    if (!microseconds || *microseconds >= most / 1000) return std::nullopt;
    return base::Nanoseconds(static_cast<std::int64_t>(*microseconds) * 1000);
}

}  // namespace ergon::energy
