#include "energy/sensors/perf_power.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <map>
#include <optional>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "energy/counters/counter_sensor.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

struct EventKind {
    std::string_view event;
    std::string_view suffix;  // of the sensor's name, after that of its package
    Scope scope;
};

constexpr EventKind kinds[] = {{"energy-pkg", "", Scope::package},
                               {"energy-ram", "/dram", Scope::memory},
                               {"energy-psys", "psys", Scope::platform},
                               {"energy-cores", "/core", Scope::part},
                               {"energy-gpu", "/uncore", Scope::part}};

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

  private:
    int number_;
};

/// "0,18", "0-3": processor numbers, nothing if it is no such list. At most 4096, more than any machine has packages.
std::vector<int> parse_processors(std::string_view text) {
    std::vector<int> processors;
    text = trimmed(text);
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const std::size_t dash = item.find('-');
        const auto first = parse_unsigned(item.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse_unsigned(item.substr(dash + 1));
        if (!first || !last || *last > 65535 || *last < *first || processors.size() + (*last - *first) >= 4096) {
            return {};
        }
        for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) processors.push_back(static_cast<int>(cpu));
    }
    return processors;
}

/// "event=0x02"
std::optional<std::uint64_t> parse_config(std::string_view text) {
    text = trimmed(text);
    constexpr std::string_view start = "event=0x";
    if (!text.starts_with(start)) return std::nullopt;
    text.remove_prefix(start.size());
    std::uint64_t config = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), config, 16);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return config;
}

std::optional<double> parse_scale(std::string_view text) {
    text = trimmed(text);
    double scale = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), scale);
    if (problem != std::errc() || end != text.data() + text.size() || !(scale > 0 && scale < 1)) return std::nullopt;
    return scale;
}

/// Names as powercap has them: "package-0", or "package-0-die-1" where the mask lists several processors of a package.
std::vector<std::string> package_names(const std::filesystem::path& sysfs, const std::vector<int>& processors) {
    std::vector<std::uint64_t> packages;
    std::map<std::uint64_t, int> dies;
    const auto topology = [&](int processor, const char* file) {
        const auto folder = sysfs / "devices/system/cpu" / fmt::format("cpu{}", processor) / "topology";
        return parse_unsigned(read_small_file(folder / file).text);
    };
    for (std::size_t i = 0; i < processors.size(); ++i) {
        packages.push_back(topology(processors[i], "physical_package_id").value_or(i));
        ++dies[packages.back()];
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < processors.size(); ++i) {
        names.push_back(fmt::format("package-{}", packages[i]));
        if (dies[packages[i]] > 1)
            names.back() += fmt::format("-die-{}", topology(processors[i], "die_id").value_or(i));
    }
    return names;
}

std::string open_problem(std::string_view event, int error) {
    if (error == EACCES || error == EPERM) {
        return fmt::format(
            "The perf event power/{}/ cannot be opened (permission denied); give the program CAP_PERFMON, or allow it "
            "until the next reboot with: sudo sysctl kernel.perf_event_paranoid=0",
            event);
    }
    return fmt::format("The perf event power/{}/ cannot be opened: {}.", event, std::strerror(error));
}

/// Everything there is to know before an event is opened.
struct PowerUnit {
    std::filesystem::path folder;
    std::uint32_t type = 0;
    std::vector<int> processors;
    std::vector<std::string> packages;
};

void open_kind(const EventKind& kind, const PowerUnit& unit, const PerfOpen& open, base::Nanoseconds now,
               FoundSensors& found) {
    const std::filesystem::path file = unit.folder / "events" / kind.event;
    const SmallFile content = read_small_file(file);
    if (content.error == ENOENT) return;
    const auto config = parse_config(content.text);
    const auto scale = parse_scale(read_small_file(file.string() + ".scale").text);
    if (!config || !scale || trimmed(read_small_file(file.string() + ".unit").text) != "Joules") {
        found.problems.push_back(fmt::format(
            "The perf event {} is not described as expected (event=0x.., a .scale below 1, the .unit Joules).",
            file.string()));
        return;
    }
    const std::size_t count = kind.scope == Scope::platform ? 1 : unit.processors.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::string package = kind.scope == Scope::platform ? "" : unit.packages[i];
        SensorInfo info{package + std::string(kind.suffix), "perf", kind.scope, processor_step, {}, {}};
        if (kind.scope == Scope::part) info.part_of = package;
        PerfEvent event = open(unit.type, *config, unit.processors[i]);
        if (!event.read) {
            const std::string problem = open_problem(kind.event, event.error);
            if (std::ranges::count(found.problems, problem) == 0) found.problems.push_back(problem);
            found.unread.push_back({std::move(info), problem});
            continue;
        }
        CounterRules rules{fmt::format("The perf event power/{}/ of processor {}", kind.event, unit.processors[i]),
                           *scale * 1e9, 0, highest_power(kind.scope), processor_slack};
        found.sensors.push_back(
            std::make_unique<CounterSensor>(std::move(info), std::move(rules), std::move(event.read), now));
    }
}

}  // namespace

PerfEvent open_perf_event(std::uint32_t type, std::uint64_t config, int processor) {
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = type;
    attributes.config = config;
    const long number = ::syscall(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
    if (number < 0) return {{}, errno};
    const auto descriptor = std::make_shared<Descriptor>(static_cast<int>(number));
    return {[descriptor]() -> SensorResult<std::uint64_t> {
                std::uint64_t count = 0;
                const ssize_t got = ::read(descriptor->number(), &count, sizeof(count));
                if (got == static_cast<ssize_t>(sizeof(count))) return {count, {}};
                return {{},
                        fmt::format("A perf power event could not be read ({})",
                                    got < 0 ? std::strerror(errno) : "it ended")};
            },
            0};
}

FoundSensors find_perf_power(const std::filesystem::path& sysfs, const PerfOpen& open, base::Nanoseconds now) {
    FoundSensors found;
    PowerUnit unit;
    unit.folder = sysfs / "bus" / "event_source" / "devices" / "power";
    const SmallFile type = read_small_file(unit.folder / "type");
    if (type.error == ENOENT) return found;
    const auto number = parse_unsigned(type.text);
    unit.processors = parse_processors(read_small_file(unit.folder / "cpumask").text);
    if (!number || *number > UINT32_MAX || unit.processors.empty()) {
        found.problems.push_back(fmt::format("The perf unit {} has no usable type and cpumask.", unit.folder.string()));
        return found;
    }
    unit.type = static_cast<std::uint32_t>(*number);
    unit.packages = package_names(sysfs, unit.processors);
    for (const EventKind& kind : kinds) open_kind(kind, unit, open, now, found);
    return found;
}

}  // namespace ergon::energy
