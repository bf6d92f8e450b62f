#include "energy/sensors/hwmon.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <system_error>

#include "base/files/paths.h"
#include "energy/counters/counter_sensor.h"
#include "energy/counters/power_integral.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

// Assumed: drivers read their device when asked, or keep what they read for up to a second.
constexpr base::Nanoseconds driver_step{1'000'000'000};

struct Channel {
    std::filesystem::path file;
    std::string label;
    bool energy = false;  // microjoules; else microwatts
    SensorInfo info;
};

struct Device {
    std::filesystem::path folder;
    std::string driver;
    std::vector<Channel> channels;  // energies first
};

/// The digits after `start` in "Esocket0"; nothing if it is not made so.
std::optional<std::uint64_t> number_after(std::string_view label, std::string_view start) {
    if (!label.starts_with(start)) return std::nullopt;
    return parse_unsigned(label.substr(start.size()));
}

bool is_whole_board(const Device& device, const std::string& label) {
    // power_meter: ACPI's, in servers (assumed: of the whole machine). Total System Power: Apple's macsmc. VDD_IN: the
    // input of NVIDIA's Jetson modules.
    return device.driver == "power_meter" || label == "Total System Power" || label == "VDD_IN";
}

bool is_graphics_card(const Device& device, const std::string& label) {
    // An amdgpu inside a processor cannot be capped (assumed of all of them), and its power is that of the package.
    if (device.driver == "amdgpu") return base::path_exists(device.folder / "power1_cap");
    // Intel's driver has sensors only for cards; "pkg" is the chip on the card.
    if (device.driver == "i915" || device.driver == "xe") return label != "pkg";
    return device.driver == "nouveau";
}

void name_channel(const Device& device, Channel& channel) {
    SensorInfo& info = channel.info;
    info.source = "hwmon";
    info.step = channel.energy ? processor_step : driver_step;
    info.name = fmt::format("{}/{}/{}", device.folder.filename().string(), device.driver,
                            channel.label.empty() ? channel.file.filename().string() : channel.label);
    if (device.driver == "amd_energy" || device.driver == "zenergy") {
        if (const auto socket = number_after(channel.label, "Esocket")) {
            info.name = fmt::format("package-{}", *socket);
            info.scope = Scope::package;
        }
    } else if (device.driver.starts_with("zenpower") && channel.label == "RAPL_P_Package") {
        info.name = fmt::format("{}/package", device.folder.filename().string());  // a device for each socket
        info.scope = Scope::package;
    } else if (is_whole_board(device, channel.label)) {
        info.scope = Scope::platform;
    } else if (is_graphics_card(device, channel.label)) {
        info.scope = Scope::accelerator;
    }
}

/// "energy1_input", "power2_average"; of input and average of the same power the input.
std::optional<Channel> read_channel(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    const bool energy = name.starts_with("energy"), power = name.starts_with("power");
    const bool input = name.ends_with("_input"), average = name.ends_with("_average");
    if (!(energy && input) && !(power && (input || average))) return std::nullopt;
    const std::string stem = name.substr(0, name.find('_'));
    if (!parse_unsigned(stem.substr(energy ? 6 : 5)) || name.find('_') != name.rfind('_')) return std::nullopt;
    if (average && base::path_exists(file.parent_path() / (stem + "_input"))) return std::nullopt;
    const std::string label(trimmed(read_small_file(file.parent_path() / (stem + "_label")).text));
    return Channel{file, label, energy, {}};
}

std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> entries;
    std::error_code problem;
    for (std::filesystem::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        entries.push_back(entry->path());
    }
    const auto key = [](const std::filesystem::path& path) {
        return std::pair(path.filename().string().size(), path.filename().string());  // hwmon10 after hwmon9
    };
    std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    return entries;
}

Device read_device(const std::filesystem::path& folder) {
    Device device{folder, std::string(trimmed(read_small_file(folder / "name").text)), {}};
    for (const std::filesystem::path& file : sorted_entries(folder)) {
        if (auto channel = read_channel(file)) device.channels.push_back(std::move(*channel));
    }
    std::stable_partition(device.channels.begin(), device.channels.end(), [](const Channel& c) { return c.energy; });
    for (Channel& channel : device.channels) name_channel(device, channel);
    return device;
}

/// A device that counts a card or a board twice (as energy and as power, or as a whole and as a rail) counts by its
/// first channel, and by energy before power.
void keep_one_of_each(Device& device) {
    for (const Scope scope : {Scope::platform, Scope::accelerator}) {
        bool seen = false;
        for (Channel& channel : device.channels) {
            if (channel.info.scope != scope) continue;
            if (seen) channel.info.scope = Scope::part;
            seen = true;
        }
    }
}

/// Several drivers may tell of the same packages: those that count energy are kept, then the first driver's.
void keep_packages_of_one_driver(std::vector<Device>& devices) {
    std::string best;
    bool best_counts = false;
    for (const Device& device : devices) {
        for (const Channel& channel : device.channels) {
            if (channel.info.scope != Scope::package || !(best.empty() || (channel.energy && !best_counts))) continue;
            best = device.driver;
            best_counts = channel.energy;
        }
    }
    for (Device& device : devices) {
        for (Channel& channel : device.channels) {
            if (channel.info.scope == Scope::package && device.driver != best) channel.info.scope = Scope::part;
        }
    }
}

std::string channel_problem(const Channel& channel, const SmallFile& content) {
    if (content.error == EACCES || content.error == EPERM) {
        return fmt::format(
            "The sensor {} cannot be read (permission denied); run as root, or allow it until the next reboot with: "
            "sudo chmod a+r {}",
            channel.file.string(), channel.file.string());
    }
    return fmt::format("The sensor {} cannot be read: {}.", channel.file.string(),
                       content.error != 0 ? std::strerror(content.error) : "no number in it");
}

std::unique_ptr<Sensor> open_channel(Channel channel, base::Nanoseconds now) {
    const std::filesystem::path file = channel.file;
    if (channel.energy) {
        CounterRules rules{file.string(), 1000, 0, highest_power(channel.info.scope), processor_slack};
        return std::make_unique<CounterSensor>(
            std::move(channel.info), std::move(rules), [file] { return read_count(file); }, now);
    }
    const auto power = [file]() -> SensorResult<base::Watts> {
        const SensorResult<std::uint64_t> microwatts = read_count(file);
        if (!microwatts.value) return {{}, microwatts.problem};
        return {base::Watts(static_cast<double>(*microwatts.value) * 1e-6), {}};
    };
    return std::make_unique<PowerIntegral>(std::move(channel.info), power, now);
}

}  // namespace

FoundSensors find_hwmon(const std::filesystem::path& sysfs, base::Nanoseconds now) {
    FoundSensors found;
    std::vector<Device> devices;
    for (const std::filesystem::path& folder : sorted_entries(sysfs / "class" / "hwmon")) {
        devices.push_back(read_device(folder));
        keep_one_of_each(devices.back());
    }
    keep_packages_of_one_driver(devices);
    for (Device& device : devices) {
        for (Channel& channel : device.channels) {
            const SmallFile content = read_small_file(channel.file);
            if (content.error != 0 || !parse_unsigned(content.text)) {
                found.problems.push_back(channel_problem(channel, content));
                if (channel.info.scope != Scope::part) {
                    found.unread.push_back({channel.info, found.problems.back()});
                }
            } else {
                found.sensors.push_back(open_channel(std::move(channel), now));
            }
        }
    }
    return found;
}

}  // namespace ergon::energy
