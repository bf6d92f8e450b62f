#include "cli/options/wall_windows.h"

#include <chrono>

#include "base/error.h"
#include "base/files/file.h"
#include "energy/counters/wall_log.h"

namespace ergon::cli {
namespace {

double unix_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void WallWindows::check(const std::string& file) {
    base::check_regular(file);
    energy::read_wall_log(file);
}

void WallWindows::begin() {
    windows_.emplace_back(unix_seconds(), 0);
}

void WallWindows::end() {
    windows_.back().second = unix_seconds();
}

std::vector<base::Watts> WallWindows::powers(const std::string& file, const std::vector<std::string>& names) const {
    const std::vector<energy::WallReading> log = energy::read_wall_log(file);
    std::vector<base::Watts> powers;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& [begin, end] = windows_[i];
        const auto power = energy::mean_power(log, begin + 1, end);
        if (!power) {
            base::fail(base::ErrorCode::bad_file,
                       "{} has fewer than three readings while \"{}\" ran (from {:.0f} to {:.0f} s since 1970): log at "
                       "least once a second, in UTC, or run the workloads for longer with --seconds.",
                       file, names[i], begin, end);
        }
        powers.push_back(*power);
    }
    return powers;
}

}  // namespace ergon::cli
