#include "energy/machine/process.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <time.h>
#include <unistd.h>

#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

using base::Nanoseconds;

/// The number that a name is, such as that of a folder of /proc; 0 if it is none.
int number_of(std::string_view name) {
    int pid = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    return problem == std::errc() && end == name.data() + name.size() && pid > 0 ? pid : 0;
}

std::vector<int> numbers_in(const std::filesystem::path& folder) {
    std::vector<int> numbers;
    std::error_code problem;
    std::filesystem::directory_iterator entries(folder, problem);
    for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
        if (const int pid = number_of(entries->path().filename().native()); pid > 0) numbers.push_back(pid);
    }
    return numbers;
}

std::vector<std::string_view> fields_of(std::string_view text) {
    std::vector<std::string_view> fields;
    while (!(text = trimmed(text)).empty()) {
        const std::size_t length = std::min(text.find_first_of(" \t\n"), text.size());
        fields.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return fields;
}

Nanoseconds of_ticks(std::uint64_t ticks) {
    static const std::int64_t tick_ns = 1'000'000'000 / std::max(1L, ::sysconf(_SC_CLK_TCK));
    constexpr std::uint64_t most = std::uint64_t{1} << 36;  // beyond it the file is wrong and the product overflows
    return Nanoseconds(static_cast<std::int64_t>(std::min(ticks, most)) * tick_ns);
}

/// By the process's own clock; nothing if it cannot be read.
std::optional<Nanoseconds> clock_of(int pid) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
    return Nanoseconds(std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

}  // namespace

std::optional<ProcessStat> read_process(const std::filesystem::path& procfs, int pid) {
    const std::string text = read_small_file(procfs / std::to_string(pid) / "stat").text;
    // "PID (name) state parent ...": the name may hold anything, so its end is the last bracket.
    const std::size_t begin = text.find('('), end = text.rfind(')');
    if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
    const std::vector<std::string_view> fields = fields_of(std::string_view(text).substr(end + 1));
    constexpr std::size_t parent = 1, user_time = 11, system_time = 12, started = 19;  // proc(5), from "state" on
    if (fields.size() <= started) return std::nullopt;
    const auto number = [&](std::size_t field) { return parse_unsigned(fields[field]).value_or(0); };
    return ProcessStat{text.substr(begin + 1, end - begin - 1), number_of(fields[parent]), number(started),
                       of_ticks(number(user_time)) + of_ticks(number(system_time))};
}

std::vector<int> all_processes(const std::filesystem::path& procfs) {
    return numbers_in(procfs);
}

std::optional<std::uint64_t> user_of(const std::filesystem::path& procfs, int pid) {
    const std::string text = read_small_file(procfs / std::to_string(pid) / "status").text;
    const std::size_t at = text.find("\nUid:");
    if (at == std::string::npos) return std::nullopt;
    const std::vector<std::string_view> fields = fields_of(std::string_view(text).substr(at));
    return fields.size() < 2 ? std::nullopt : parse_unsigned(fields[1]);
}

std::vector<int> with_descendants(const std::filesystem::path& procfs, const std::vector<int>& processes) {
    ProcessTree tree(procfs, processes);
    tree.time();
    return {tree.alive().begin(), tree.alive().end()};
}

ProcessTree::ProcessTree(std::filesystem::path procfs, std::vector<int> roots)
    : procfs_(std::move(procfs)), roots_(std::move(roots)) {}

Nanoseconds ProcessTree::time() {
    alive_.clear();
    for (const int root : roots_) visit(root);
    // Whose parent has ended is found under nobody, and still belongs here.
    std::vector<int> known;
    for (const auto& [pid, member] : members_) known.push_back(pid);
    for (const int pid : known) visit(pid);
    Nanoseconds sum{};
    for (const auto& [pid, member] : members_) sum += member.time;
    return sum;
}

void ProcessTree::visit(int pid) {
    if (alive_.contains(pid)) return;
    const std::optional<ProcessStat> stat = read_process(procfs_, pid);
    if (!stat) return;
    const auto [entry, added] = members_.try_emplace(pid, Member{stat->started, {}});
    Member& member = entry->second;
    if (member.started != stat->started) return;  // a stranger of the same number
    const bool real = procfs_ == "/proc";         // else clocks belong to other processes than the files
    const std::optional<Nanoseconds> clock = real ? clock_of(pid) : std::nullopt;
    member.time = std::max(member.time, clock.value_or(stat->processor));
    alive_.insert(pid);
    for (const int child : children_of(pid)) visit(child);
}

std::vector<int> ProcessTree::children_of(int pid) const {
    std::vector<int> children;
    const std::filesystem::path tasks = procfs_ / std::to_string(pid) / "task";
    for (const int task : numbers_in(tasks)) {
        const std::string text = read_small_file(tasks / std::to_string(task) / "children", std::size_t{1} << 16).text;
        for (const std::string_view field : fields_of(text)) {
            if (const int child = number_of(field); child > 0) children.push_back(child);
        }
    }
    return children;
}

}  // namespace ergon::energy
