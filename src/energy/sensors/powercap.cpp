#include "energy/sensors/powercap.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "energy/counters/counter_sensor.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

struct FoundZone {
    PowercapZone zone;
    std::string folder;   // "intel-rapl:0:1"
    std::string problem;  // why it cannot be read, empty if it can
    bool top() const { return std::count(folder.begin(), folder.end(), ':') == 1; }
};

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "package-1" or "package-1-die-0"
bool is_package(std::string_view name) {
    constexpr std::string_view start = "package-", middle = "-die-";
    if (!name.starts_with(start)) return false;
    name.remove_prefix(start.size());
    const std::size_t die = name.find(middle);
    if (die == std::string_view::npos) return is_number(name);
    return is_number(name.substr(0, die)) && is_number(name.substr(die + middle.size()));
}

/// "intel-rapl:0" or "intel-rapl:0:1"; the folder of the control type, "intel-rapl", is no zone.
bool is_zone_folder(std::string_view folder) {
    std::size_t colon = folder.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    while (colon != std::string_view::npos) {
        const std::size_t next = folder.find(':', colon + 1);
        if (!is_number(folder.substr(colon + 1, next == std::string_view::npos ? next : next - colon - 1)))
            return false;
        colon = next;
    }
    return true;
}

/// "psys", or "psys-1" of a machine whose sockets have one each
bool is_psys_name(std::string_view name) {
    return name == "psys" || (name.starts_with("psys-") && is_number(name.substr(5)));
}

Scope scope_of(const std::string& name, bool top) {
    if (top && is_psys_name(name)) return Scope::platform;
    if (top && is_package(name)) return Scope::package;
    if (!top && name == "dram") return Scope::memory;
    return Scope::part;
}

std::string permission_sentence(const std::filesystem::path& file) {
    return fmt::format(
        "The energy counter {} cannot be read (permission denied; only root may since Linux 5.10); run as root, or "
        "allow it until the next reboot with: sudo chmod a+r /sys/class/powercap/*/energy_uj, or permanently for a "
        "group by a udev rule: SUBSYSTEM==\"powercap\", ACTION==\"add\", RUN+=\"/bin/sh -c 'chgrp power "
        "/sys%p/energy_uj; "
        "chmod g+r /sys%p/energy_uj'\"",
        file.string());
}

/// Why a zone cannot be read, empty if it can.
std::string zone_problem(const PowercapZone& zone, const SmallFile& energy, PowercapSearch& search) {
    const std::filesystem::path counter = zone.directory / "energy_uj";
    if (zone.name.empty()) return fmt::format("The powercap zone {} has no name.", zone.directory.string());
    if (energy.error == EACCES || energy.error == EPERM) {
        search.permission_denied = true;
        return permission_sentence(counter);
    }
    if (energy.error != 0) {
        return fmt::format("The energy counter {} cannot be read: {}.", counter.string(), std::strerror(energy.error));
    }
    if (!parse_unsigned(energy.text)) return fmt::format("The energy counter {} holds no number.", counter.string());
    return {};
}

/// Reads what a zone's folder says about it. Nothing if it is no zone with a counter.
std::optional<FoundZone> read_zone(const std::filesystem::path& directory, PowercapSearch& search) {
    FoundZone found;
    found.folder = directory.filename().string();
    if (!is_zone_folder(found.folder)) return std::nullopt;

    found.zone.directory = directory;
    found.zone.name = std::string(trimmed(read_small_file(directory / "name").text));
    found.zone.scope = scope_of(found.zone.name, found.top());
    found.zone.range = parse_unsigned(read_small_file(directory / "max_energy_range_uj").text).value_or(0);
    const SmallFile energy = read_small_file(directory / "energy_uj");
    if (energy.error == ENOENT && found.zone.scope == Scope::part) return std::nullopt;  // it only limits power
    found.problem = zone_problem(found.zone, energy, search);
    if (!found.problem.empty()) search.problems.push_back(found.problem);
    return found;
}

/// Zones in a fixed order: shorter control types first, so that intel-rapl comes before its copy intel-rapl-mmio.
std::vector<FoundZone> read_zones(const std::filesystem::path& root, PowercapSearch& search) {
    std::vector<FoundZone> found;
    std::error_code problem;
    for (std::filesystem::directory_iterator entry(root, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (auto zone = read_zone(entry->path(), search)) found.push_back(std::move(*zone));
    }
    if (problem == std::errc::permission_denied) {
        search.permission_denied = true;
        search.problems.push_back(
            fmt::format("The folder {} cannot be read (permission denied); run as root.", root.string()));
    }
    const auto key = [](const FoundZone& zone) {
        const std::string type = zone.folder.substr(0, zone.folder.find(':'));
        return std::tuple(type.size(), zone.folder.size(), zone.folder);
    };
    std::sort(found.begin(), found.end(), [&](const FoundZone& a, const FoundZone& b) { return key(a) < key(b); });
    return found;
}

/// "package-1-die-0" lies in "package-1"; where the kernel shows both, the die is a part.
std::string package_of_die(const std::string& name) {
    const std::size_t die = name.find("-die-");
    return die == std::string::npos ? std::string() : name.substr(0, die);
}

void name_parents(std::vector<FoundZone>& found) {
    std::map<std::string, std::string> name_of_folder;
    for (const FoundZone& entry : found) name_of_folder[entry.folder] = entry.zone.name;
    for (FoundZone& entry : found) {
        if (entry.top()) continue;
        const auto parent = name_of_folder.find(entry.folder.substr(0, entry.folder.rfind(':')));
        entry.zone.parent = parent == name_of_folder.end() ? "?" : parent->second;
    }
}

/// Where a package and its dies are both read, the dies are its parts, and so is their memory beside the package's.
void make_parts_of_dies(std::vector<PowercapZone>& zones) {
    std::set<std::string> packages, with_memory;
    for (const PowercapZone& zone : zones) {
        if (zone.scope == Scope::package) packages.insert(zone.name);
        if (zone.scope == Scope::memory) with_memory.insert(zone.parent);
    }
    for (PowercapZone& zone : zones) {
        const bool die = zone.scope == Scope::package && packages.contains(package_of_die(zone.name));
        const bool memory_of_die = zone.scope == Scope::memory && with_memory.contains(package_of_die(zone.parent));
        if (die || memory_of_die) zone.scope = Scope::part;
    }
}

std::string sensor_name(const PowercapZone& zone) {
    return zone.parent.empty() ? zone.name : zone.parent + "/" + zone.name;
}

/// Whether a zone that cannot be read is nevertheless covered: by its copy, by its dies or by the package around it.
bool is_covered(const PowercapZone& zone, std::span<const FoundZone> found, std::span<const PowercapZone> read) {
    const bool package = zone.scope == Scope::package;
    const bool by_dies = package && std::ranges::any_of(found, [&](const FoundZone& other) {
                             return package_of_die(other.zone.name) == zone.name;
                         });
    return by_dies || std::ranges::any_of(read, [&](const PowercapZone& other) {
               const bool around = package ? other.name == package_of_die(zone.name)
                                           : other.name == zone.name && other.parent == package_of_die(zone.parent);
               return sensor_name(other) == sensor_name(zone) || (around && other.scope != Scope::part);
           });
}

}  // namespace

PowercapSearch find_powercap_zones(const std::filesystem::path& sysfs) {
    PowercapSearch search;
    std::vector<FoundZone> found = read_zones(sysfs / "class" / "powercap", search);
    name_parents(found);
    std::set<std::string> seen;  // "core" of each package is a zone of its own
    for (const FoundZone& entry : found) {
        if (entry.problem.empty() && seen.insert(sensor_name(entry.zone)).second) search.zones.push_back(entry.zone);
    }
    make_parts_of_dies(search.zones);
    for (const FoundZone& entry : found) {
        const PowercapZone& zone = entry.zone;
        if (entry.problem.empty() || zone.scope == Scope::part || is_covered(zone, found, search.zones)) continue;
        if (!seen.insert(sensor_name(zone)).second) continue;  // its copy cannot be read either
        search.unread.push_back({{sensor_name(zone), "powercap", zone.scope, {}, {}, {}}, entry.problem});
    }
    return search;
}

namespace {

/// More than that is no energy but a fault. Assumed: over a reading no package takes more than four times the power
/// that the kernel says it is made for; 200 W are let pass in any case, as peaks of small ones are steep.
base::Watts max_power_of(const PowercapZone& zone) {
    const base::Watts most = highest_power(zone.scope);
    const auto made_for = parse_unsigned(read_small_file(zone.directory / "constraint_0_max_power_uw").text);
    if (zone.scope != Scope::package || made_for.value_or(0) == 0) return most;
    constexpr double times = 4;
    constexpr base::Watts least{200};
    return std::clamp(base::Watts(times * 1e-6 * static_cast<double>(*made_for)), least, most);
}

}  // namespace

std::unique_ptr<Sensor> open_powercap_counter(const PowercapZone& zone, base::Nanoseconds now) {
    SensorInfo info;
    info.name = sensor_name(zone);
    info.source = "powercap";
    info.scope = zone.scope;
    info.step = processor_step;
    if (zone.scope == Scope::part) info.part_of = zone.parent.empty() ? package_of_die(zone.name) : zone.parent;
    const std::filesystem::path file = zone.directory / "energy_uj";
    CounterRules rules{file.string(), 1000, zone.range, max_power_of(zone), processor_slack};
    return std::make_unique<CounterSensor>(
        std::move(info), std::move(rules), [file] { return read_count(file); }, now);
}

}  // namespace ergon::energy
