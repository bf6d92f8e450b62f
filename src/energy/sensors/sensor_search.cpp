#include "energy/sensors/sensor_search.h"

#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "energy/sensors/battery.h"
#include "energy/sensors/hwmon.h"
#include "energy/sensors/nvml.h"
#include "energy/sensors/powercap.h"
#include "energy/sensors/user_sensor.h"

namespace ergon::energy {
namespace {

struct Collected {
    std::vector<std::unique_ptr<Sensor>> sensors;
    std::vector<std::size_t> report_of;  // of each sensor
    std::vector<Unread> unread;
    std::vector<SourceReport> reports;
};

/// `absent` is said where a source has neither sensors nor problems.
void collect(Collected& all, std::string source, FoundSensors found, std::string absent) {
    SourceReport report{std::move(source), true, {}, {}, std::move(found.problems)};
    if (found.sensors.empty() && report.problems.empty()) {
        report.present = false;
        report.problems.push_back(std::move(absent));
    }
    all.report_of.resize(all.sensors.size() + found.sensors.size(), all.reports.size());
    all.reports.push_back(std::move(report));
    std::move(found.sensors.begin(), found.sensors.end(), std::back_inserter(all.sensors));
    std::move(found.unread.begin(), found.unread.end(), std::back_inserter(all.unread));
}

FoundSensors find_powercap(const std::filesystem::path& sysfs, base::Nanoseconds now) {
    PowercapSearch search = find_powercap_zones(sysfs);
    FoundSensors found;
    for (const PowercapZone& zone : search.zones) found.sensors.push_back(open_powercap_counter(zone, now));
    found.problems = std::move(search.problems);
    found.unread = std::move(search.unread);
    return found;
}

std::string nothing_in(const std::filesystem::path& folder) {
    return fmt::format("{} is empty; the machine has no such sensor, or a container or virtual machine hides it.",
                       folder.string());
}

Collected look_everywhere(const SensorOptions& options, base::Nanoseconds now) {
    Collected all;
    const std::filesystem::path& sysfs = options.sysfs;
    for (const std::string& spec : options.specs) {
        FoundSensors named;
        named.sensors.push_back(open_user_sensor(spec, now));
        std::string source = named.sensors.front()->info().source;
        collect(all, std::move(source), std::move(named), {});
    }
    collect(all, "powercap", find_powercap(sysfs, now), nothing_in(sysfs / "class" / "powercap"));
    collect(all, "perf", find_perf_power(sysfs, options.open_perf, now),
            nothing_in(sysfs / "bus" / "event_source" / "devices" / "power"));
    collect(all, "hwmon", find_hwmon(sysfs, now),
            fmt::format("{} has no power or energy sensor.", (sysfs / "class" / "hwmon").string()));
    collect(all, "battery", find_batteries(sysfs, now),
            fmt::format("{} has no battery.", (sysfs / "class" / "power_supply").string()));
    if (!options.nvml_library.empty()) {
        collect(all, "nvml", find_nvml(options.nvml_library, now),
                fmt::format("{} is not installed or lists no card; it is part of the NVIDIA driver.",
                            options.nvml_library.string()));
    }
    return all;
}

/// Why there is no total: what the sources of processors complain of, a missing permission first.
std::string why_none(const std::vector<SourceReport>& reports, const std::filesystem::path& sysfs) {
    const std::string* first = nullptr;
    for (const SourceReport& report : reports) {
        const bool of_processors = report.source == "powercap" || report.source == "perf" || report.source == "hwmon";
        if (!report.present || !of_processors) continue;
        for (const std::string& problem : report.problems) {
            if (problem.find("permission denied") != std::string::npos) return problem;
            if (first == nullptr) first = &problem;
        }
    }
    if (first != nullptr) return *first;
    return fmt::format("No energy counter was found under {} that covers at least a processor package.",
                       sysfs.string());
}

}  // namespace

SensorSearch find_sensors(const SensorOptions& options, base::Nanoseconds now) {
    Collected all = look_everywhere(options, now);
    std::vector<SensorInfo> infos;
    infos.reserve(all.sensors.size());
    for (const auto& sensor : all.sensors) infos.push_back(sensor->info());
    const std::vector<Role> roles = roles_of(infos, all.unread);
    bool any_total = false;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        SourceReport& report = all.reports[all.report_of[i]];
        (roles[i] == Role::repeated ? report.repeated : report.used).push_back(infos[i].name);
        any_total |= roles[i] == Role::total;
    }
    SensorSearch search;
    search.sources = std::move(all.reports);
    if (!any_total) {
        for (SourceReport& report : search.sources) {
            for (const std::string& name : std::exchange(report.used, {})) {
                report.problems.push_back(
                    fmt::format("{} covers only a part of the machine, and no sensor covers its processor; it is not "
                                "read, and its energy is in no figure.",
                                name));
            }
        }
        search.sentence = why_none(search.sources, options.sysfs);
        return search;
    }
    search.counter = std::make_unique<MachineCounter>(
        std::move(all.sensors), now,
        MachineCounterOptions{std::move(all.unread), options.missing, options.devices_apart});
    search.sentence = search.counter->covers_processor()
                          ? fmt::format("the machine's counters ({})", search.counter->description())
                          : why_none(search.sources, options.sysfs);
    return search;
}

}  // namespace ergon::energy
