#include "energy/powercap.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "energy/counter_sensor.h"
#include "energy/small_file.h"

namespace ergon::energy {
namespace {

struct FoundZone {
    PowercapZone zone;
    std::string folder;  // "intel-rapl:0:1"
    bool readable = false;
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

Scope scope_of(const std::string& name, bool top) {
    if (top && name == "psys") return Scope::platform;
    if (top && is_package(name)) return Scope::package;
    if (!top && name == "dram") return Scope::memory;
    return Scope::part;
}

std::string permission_sentence(const std::filesystem::path& file) {
    return fmt::format(
        "The energy counter {} may not be read (permission denied; only root may since Linux 5.10): "
        "run as root, or allow it until the next start with: sudo chmod a+r /sys/class/powercap/*/energy_uj",
        file.string());
}

/// Reads what a zone's folder says about it. Nothing if it is no zone with a counter.
std::optional<FoundZone> read_zone(const std::filesystem::path& directory, PowercapSearch& search) {
    FoundZone found;
    found.folder = directory.filename().string();
    if (!is_zone_folder(found.folder)) return std::nullopt;

    const std::filesystem::path counter = directory / "energy_uj";
    const SmallFile energy = read_small_file(counter);
    if (energy.error == ENOENT) return std::nullopt;  // a zone that limits power but counts nothing
    const SmallFile name = read_small_file(directory / "name");
    found.zone.directory = directory;
    found.zone.name = std::string(trimmed(name.text));
    found.zone.range = parse_unsigned(read_small_file(directory / "max_energy_range_uj").text).value_or(0);
    if (energy.error == EACCES || energy.error == EPERM) {
        search.permission_denied = true;
        search.problems.push_back(permission_sentence(counter));
    } else if (energy.error != 0) {
        search.problems.push_back(
            fmt::format("The energy counter {} cannot be read: {}.", counter.string(), std::strerror(energy.error)));
    } else if (!parse_unsigned(energy.text)) {
        search.problems.push_back(fmt::format("The energy counter {} holds no number.", counter.string()));
    } else if (found.zone.name.empty()) {
        search.problems.push_back(fmt::format("The powercap zone {} has no name.", directory.string()));
    } else {
        found.readable = true;
    }
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
            fmt::format("The folder {} may not be read (permission denied): run as root.", root.string()));
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

}  // namespace

PowercapSearch find_powercap_zones(const std::filesystem::path& sysfs) {
    PowercapSearch search;
    const std::vector<FoundZone> found = read_zones(sysfs / "class" / "powercap", search);
    std::map<std::string, std::string> name_of_folder;
    for (const FoundZone& entry : found) name_of_folder[entry.folder] = entry.zone.name;

    std::set<std::pair<std::string, std::string>> seen;  // (name, parent): "core" of each package is a zone of its own
    std::set<std::string> packages;
    for (const FoundZone& entry : found) {
        if (!entry.readable) continue;
        PowercapZone zone = entry.zone;
        const bool top = std::count(entry.folder.begin(), entry.folder.end(), ':') == 1;
        if (!top) {
            const auto parent = name_of_folder.find(entry.folder.substr(0, entry.folder.rfind(':')));
            zone.parent = parent == name_of_folder.end() ? "?" : parent->second;
        }
        if (!seen.emplace(zone.name, zone.parent).second) continue;
        zone.scope = scope_of(zone.name, top);
        if (zone.scope == Scope::package) packages.insert(zone.name);
        search.zones.push_back(std::move(zone));
    }
    for (PowercapZone& zone : search.zones) {
        const bool repeated = zone.scope == Scope::package && packages.contains(package_of_die(zone.name));
        if (repeated) zone.scope = Scope::part;
    }
    return search;
}

std::unique_ptr<Sensor> open_powercap_counter(const PowercapZone& zone, base::Nanoseconds now) {
    SensorInfo info;
    info.name = zone.parent.empty() ? zone.name : zone.parent + "/" + zone.name;
    info.source = "powercap";
    info.scope = zone.scope;
    info.step = processor_step;
    if (zone.scope == Scope::part) info.part_of = zone.parent.empty() ? package_of_die(zone.name) : zone.parent;
    const std::filesystem::path file = zone.directory / "energy_uj";
    CounterRules rules{file.string(), 1000, zone.range, highest_power(zone.scope), processor_slack};
    return std::make_unique<CounterSensor>(
        std::move(info), std::move(rules), [file] { return read_count(file); }, now);
}

}  // namespace ergon::energy
