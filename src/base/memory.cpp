#include "base/memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

namespace ergon::base {
namespace {

/// The number that follows `key` at the beginning of a line; an empty key stands for the whole file.
std::optional<std::int64_t> number_in(const std::string& path, std::string_view key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(key)) continue;
        std::int64_t number = 0;
        const std::size_t at = line.find_first_of("0123456789", key.size());
        if (at == std::string::npos) return std::nullopt;  // "max": no limit
        const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), number);
        return error == std::errc() ? std::optional(number) : std::nullopt;
    }
    return std::nullopt;
}

/// How a version of control groups names its figures.
struct GroupFiles {
    const char *limit, *used, *files;
};
constexpr GroupFiles version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache "};
constexpr GroupFiles version_2{"memory.max", "memory.current", "file "};

void lower(std::optional<std::int64_t>& least, std::optional<std::int64_t> value) {
    if (value) least = std::min(least.value_or(*value), *value);
}

std::optional<std::int64_t> left_in_group(const std::filesystem::path& folder, const GroupFiles& names) {
    const auto limit = number_in(folder / names.limit, ""), used = number_in(folder / names.used, "");
    if (!limit || !used) return std::nullopt;
    // The files are read one after the other: more files than what is used altogether can be seen between them.
    const std::int64_t files = number_in(folder / "memory.stat", names.files).value_or(0);
    return std::max<std::int64_t>(*limit - std::max<std::int64_t>(*used - files, 0), 0);
}

/// What a limit of this process leaves: `used` names what counts towards it in /proc/self/status.
std::optional<std::int64_t> left_of(decltype(RLIMIT_AS) resource, std::string_view used) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > static_cast<rlim_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
    }
    const std::int64_t taken = 1024 * number_in("/proc/self/status", used).value_or(0);
    return std::max<std::int64_t>(static_cast<std::int64_t>(limit.rlim_cur) - taken, 0);
}

}  // namespace

std::optional<Bytes> left_in_control_groups(const std::filesystem::path& groups, const std::filesystem::path& root) {
    std::optional<std::int64_t> least;
    std::ifstream file(groups);
    // "0::/user.slice" (version 2), "4:memory:/docker/1f" (version 1)
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (!controllers.empty() && controllers != "memory") continue;
        const std::filesystem::path top = controllers.empty() ? root : root / "memory";
        std::filesystem::path group = top / std::filesystem::path(line.substr(second + 1)).relative_path();
        for (; group != top && group.has_relative_path(); group = group.parent_path())
            lower(least, left_in_group(group, controllers.empty() ? version_2 : version_1));
        lower(least, left_in_group(top, controllers.empty() ? version_2 : version_1));
    }
    return least ? std::optional(Bytes(*least)) : std::nullopt;
}

void check_stack() {
    constexpr rlim_t min_stack = rlim_t{1} << 20;
    rlimit stack{};
    if (::getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur >= min_stack) return;
    fail(ErrorCode::system, "The stack is limited to {} KiB (ulimit -s), and ergon needs {} KiB.", stack.rlim_cur >> 10,
         min_stack >> 10);
}

void install_out_of_memory_guard() {
    static const std::terminate_handler otherwise = std::get_terminate();
    std::set_terminate([] {
        try {
            if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) {
            constexpr std::string_view sentence = "ergon: out of memory\n";
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
            ::_exit(1);
        } catch (...) {  // NOLINT: told by the handler before
        }
        otherwise();
    });
}

Bytes available_memory() {
    std::optional<std::int64_t> least;
    if (const auto machine = number_in("/proc/meminfo", "MemAvailable:")) lower(least, *machine * 1024);
    if (const auto groups = left_in_control_groups()) lower(least, groups->value());
    lower(least, left_of(RLIMIT_AS, "VmSize:"));
    lower(least, left_of(RLIMIT_DATA, "VmData:"));
    return Bytes(least.value_or(std::numeric_limits<std::int64_t>::max()));
}

std::string readable(Bytes bytes) {
    constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB"};
    auto amount = static_cast<double>(bytes.value());
    std::size_t unit = 0;
    for (; amount >= 999.95 && unit + 1 < units.size(); ++unit) amount /= 1000;
    return unit == 0 ? fmt::format("{} bytes", bytes.value()) : fmt::format("{:.1f} {}", amount, units[unit]);
}

}  // namespace ergon::base
