#include "energy/powercap.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "energy/small_file.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;

// Assumed: no zone takes more than this, about twice the highest published package power (500 W). What would be more is
// no wrap but a fault of the counter, and a gap in which this power could have wrapped it is a gap that cannot be read.
constexpr double highest_watts(Scope scope) {
    return scope == Scope::platform ? 4000 : 1000;
}

// From the public descriptions of RAPL: the counter moves about once in a millisecond.
constexpr Nanoseconds counter_step{1'000'000};

// Assumed: a step of the counter may come this late, so this much more energy may appear in one reading.
constexpr Nanoseconds step_slack{10'000'000};

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
bool is_die_of_listed_package(const std::string& name, const std::set<std::string>& packages) {
    const std::size_t die = name.find("-die-");
    return die != std::string::npos && packages.contains(name.substr(0, die));
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
        const bool repeated = zone.scope == Scope::package && is_die_of_listed_package(zone.name, packages);
        if (repeated) zone.scope = Scope::part;
    }
    return search;
}

PowercapCounter::PowercapCounter(PowercapZone zone, Nanoseconds now) : zone_(std::move(zone)) {
    info_.name = zone_.parent.empty() ? zone_.name : zone_.parent + "/" + zone_.name;
    info_.scope = zone_.scope;
    info_.step = counter_step;
    // A range in microjoules over watts is microseconds.
    const double horizon_ns = static_cast<double>(zone_.range) / highest_watts(zone_.scope) * 1e3;
    info_.horizon = Nanoseconds(static_cast<std::int64_t>(std::min(horizon_ns, 9e18)));
    restart(now);
}

void PowercapCounter::restart(Nanoseconds now) {
    begin_ = now;
    last_ = parse_unsigned(read_small_file(zone_.directory / "energy_uj").text);
}

Reading PowercapCounter::read(Nanoseconds now) {
    Reading reading{Reading::State::pending, begin_, now, {}, {}};
    const std::filesystem::path file = zone_.directory / "energy_uj";
    const SmallFile content = read_small_file(file);
    const std::optional<std::uint64_t> raw = content.error == 0 ? parse_unsigned(content.text) : std::nullopt;
    if (!raw) {
        reading.problem = fmt::format("{} could not be read ({})", file.string(),
                                      content.error != 0 ? std::strerror(content.error) : "no number in it");
        return reading;
    }
    const auto lose = [&](std::string why) {
        reading.state = Reading::State::lost;
        reading.problem = std::move(why);
    };
    const Nanoseconds gap = now - begin_;
    const double most = highest_watts(zone_.scope) * base::to_seconds(gap + step_slack).value() * 1e6;  // microjoules
    if (!last_) {
        lose(fmt::format("{} could not be read when its interval began", file.string()));
    } else if (zone_.range > 0 && gap > info_.horizon) {
        lose(fmt::format("{} was not read for {:.0f} s, in which it may have wrapped unseen", file.string(),
                         base::to_seconds(gap).value()));
    } else if (*raw < *last_ && (*last_ > zone_.range || static_cast<double>(*raw + (zone_.range - *last_)) > most)) {
        lose(fmt::format("{} went backwards from {} to {}, which is no wrap at {}", file.string(), *last_, *raw,
                         zone_.range));
    } else if (*raw >= *last_ && static_cast<double>(*raw - *last_) > most) {
        lose(fmt::format("{} jumped from {} to {}, more than any processor takes", file.string(), *last_, *raw));
    } else {
        const std::uint64_t microjoules = *raw >= *last_ ? *raw - *last_ : *raw + (zone_.range - *last_);
        reading.state = Reading::State::valid;
        reading.energy = Nanojoules(static_cast<std::int64_t>(microjoules) * 1000);
    }
    last_ = raw;
    begin_ = now;
    return reading;
}

}  // namespace ergon::energy
