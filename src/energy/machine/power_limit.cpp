#include "energy/machine/power_limit.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "energy/counters/small_file.h"
#include "energy/sensors/powercap.h"

namespace ergon::energy {
namespace {

/// A number in a file of /sys, and what it was before.
struct Setting {
    std::string path, before, wanted;
};

/// Async-signal-safe, since the watcher is a fork of a program with threads.
bool write_text(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file < 0) return false;
    const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return ::close(file) == 0 && written;
}

bool set_all(const std::vector<Setting>& settings, std::string Setting::*value) {
    bool all = true;
    for (const Setting& one : settings) all = write_text(one.path, one.*value) && all;
    return all;
}

std::optional<std::uint64_t> number_in(const std::string& path) {
    return parse_unsigned(read_small_file(path).text);
}

/// The watcher: ends when nobody holds the pipe's other end any more, having set back what was.
[[noreturn]] void watch(int pipe, const std::vector<Setting>& settings) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
    std::array<char, 1> byte{};
    while (::read(pipe, byte.data(), byte.size()) < 0 && errno == EINTR) {
    }
    ::_exit(set_all(settings, &Setting::before) ? 0 : 1);
}

}  // namespace

std::unique_ptr<PowerLimit> PowerLimit::set(const std::filesystem::path& sysfs, base::Watts watts) {
    std::vector<Setting> settings;
    std::unique_ptr<PowerLimit> limit(new PowerLimit);
    std::vector<PowercapZone> packages = find_powercap_zones(sysfs).zones;
    std::erase_if(packages, [](const PowercapZone& zone) { return zone.scope != Scope::package; });
    if (packages.empty()) return nullptr;
    const base::Watts each = watts / static_cast<double>(packages.size());
    const std::string wanted = std::to_string(std::llround(each.value() * 1e6));
    for (const PowercapZone& zone : packages) {
        const std::string path = zone.directory / "constraint_0_power_limit_uw", enabled = zone.directory / "enabled";
        const auto before = number_in(path);
        if (!before) return nullptr;
        settings.push_back({path, std::to_string(*before), wanted});
        if (number_in(enabled) == 0u) settings.push_back({enabled, "0", "1"});
        limit->description_ += fmt::format("{}{}: {:.4g} W ({:.4g} W before)", limit->description_.empty() ? "" : ", ",
                                           zone.name, each.value(), static_cast<double>(*before) * 1e-6);
    }

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return nullptr;
    limit->watcher_ = ::fork();
    if (limit->watcher_ == 0) {
        ::close(ends[1]);
        watch(ends[0], settings);
    }
    ::close(ends[0]);
    limit->pipe_ = ends[1];
    if (limit->watcher_ < 0) return nullptr;

    // Firmware may refuse in silence; the kernel rounds to an eighth of a watt.
    bool stays = set_all(settings, &Setting::wanted);
    for (const Setting& one : settings) {
        const double wanted_now = std::stod(one.wanted);
        const auto now = number_in(one.path);
        stays = stays && now && std::abs(static_cast<double>(*now) - wanted_now) <= 0.05 * wanted_now;
    }
    return stays ? std::move(limit) : nullptr;
}

PowerLimit::~PowerLimit() {
    if (pipe_ >= 0) ::close(pipe_);
    while (watcher_ > 0 && ::waitpid(watcher_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace ergon::energy
