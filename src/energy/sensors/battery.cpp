#include "energy/sensors/battery.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <system_error>

#include "energy/counters/power_integral.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

// Assumed: gauges of batteries report a new power every few seconds; nothing in /sys says how often.
constexpr base::Nanoseconds gauge_step{5'000'000'000};

/// A number of a battery's file. Some drivers give what flows out a sign; here it is known to flow out.
std::optional<double> magnitude(const std::filesystem::path& file) {
    const SmallFile content = read_small_file(file);
    const std::string_view text = trimmed(content.text);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (content.error != 0 || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return std::abs(static_cast<double>(value));
}

/// A battery that feeds the machine, whatever its name (BAT0, CMB1, macsmc-battery); mice and pens have batteries too,
/// whose scope is "Device".
bool feeds_the_machine(const std::filesystem::path& supply) {
    const std::string type(trimmed(read_small_file(supply / "type").text));
    const std::string scope(trimmed(read_small_file(supply / "scope").text));
    if (scope == "Device") return false;
    return type.empty() ? supply.filename().string().starts_with("BAT") : type == "Battery";
}

SensorResult<base::Watts> battery_power(const std::filesystem::path& battery) {
    const std::string status(trimmed(read_small_file(battery / "status").text));
    if (!status.empty() && status != "Discharging") {
        return {{},
                fmt::format("The battery {} is not discharging (status: {}), so it does not show the power of the "
                            "machine; unplug the charger to measure with it.",
                            battery.filename().string(), status),
                true};
    }
    const auto power = magnitude(battery / "power_now");
    if (power && !status.empty()) return {base::Watts(*power * 1e-6), {}};
    const auto current = magnitude(battery / "current_now"), voltage = magnitude(battery / "voltage_now");
    if (current && voltage && !status.empty()) return {base::Watts(*current * *voltage * 1e-12), {}};
    return {
        {},
        fmt::format("The battery {} reports no power; expected status and power_now, or current_now and voltage_now, "
                    "in {}.",
                    battery.filename().string(), battery.string())};
}

}  // namespace

FoundSensors find_batteries(const std::filesystem::path& sysfs, base::Nanoseconds now) {
    FoundSensors found;
    std::vector<std::filesystem::path> batteries;
    std::error_code problem;
    for (std::filesystem::directory_iterator entry(sysfs / "class" / "power_supply", problem), end;
         !problem && entry != end; entry.increment(problem)) {
        if (feeds_the_machine(entry->path())) batteries.push_back(entry->path());
    }
    std::sort(batteries.begin(), batteries.end());
    for (const std::filesystem::path& battery : batteries) {
        const SensorResult<base::Watts> answer = battery_power(battery);
        if (!answer.value) {
            found.problems.push_back(answer.problem);
            continue;
        }
        SensorInfo info{battery.filename().string(), "battery", Scope::platform, gauge_step, {}, {}};
        found.sensors.push_back(std::make_unique<PowerIntegral>(
            std::move(info), [battery] { return battery_power(battery); }, now));
    }
    return found;
}

}  // namespace ergon::energy
