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
#include <unistd.h>

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

/// What the control group (version 2) leaves: its limit less what is used; files in memory do not count, they can be
/// read again.
std::optional<std::int64_t> left_in_control_group() {
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (!line.starts_with("0::")) continue;
        const std::string folder = "/sys/fs/cgroup" + line.substr(3) + "/";
        const auto limit = number_in(folder + "memory.max", ""), used = number_in(folder + "memory.current", "");
        if (!limit || !used) return std::nullopt;
        return std::max<std::int64_t>(*limit - *used + number_in(folder + "memory.stat", "file ").value_or(0), 0);
    }
    return std::nullopt;
}

}  // namespace

void install_out_of_memory_guard() {
    static const std::terminate_handler otherwise = std::get_terminate();
    std::set_terminate([] {
        try {
            if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) {
            constexpr std::string_view sentence = "ergon: there is not enough memory.\n";
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
            ::_exit(1);
        } catch (...) {  // NOLINT: told by the handler before
        }
        otherwise();
    });
}

Bytes available_memory() {
    constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();
    const auto machine = number_in("/proc/meminfo", "MemAvailable:");
    const std::int64_t left = machine ? *machine * 1024 : unknown;
    return Bytes(std::min(left, left_in_control_group().value_or(unknown)));
}

std::string readable(Bytes bytes) {
    constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB"};
    auto amount = static_cast<double>(bytes.value());
    std::size_t unit = 0;
    for (; amount >= 999.95 && unit + 1 < units.size(); ++unit) amount /= 1000;
    return unit == 0 ? fmt::format("{} bytes", bytes.value()) : fmt::format("{:.1f} {}", amount, units[unit]);
}

}  // namespace ergon::base
