#include "energy/sensors/nvml.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "energy/counters/counter_sensor.h"
#include "energy/counters/power_integral.h"
#include "energy/sensors/nvml_library.h"

namespace ergon::energy {
namespace {

// Measured by others (arXiv 2312.02741 and Zeus): the energy counter steps about every 100 ms.
constexpr base::Nanoseconds energy_step{100'000'000};
// From NVIDIA's documentation: from Ampere on, power is a mean over the last second.
constexpr base::Nanoseconds power_step{1'000'000'000};

using nvml::Library;
using SharedLibrary = std::shared_ptr<const Library>;

SensorResult<std::uint64_t> read_energy(const Library& library, nvml::Device device, const std::string& name) {
    unsigned long long millijoules = 0;
    const int code = library.functions.total_energy(device, &millijoules);
    if (code == 0) return {millijoules, {}};
    return {{}, fmt::format("{} did not report its energy (NVML error {})", name, code)};
}

SensorResult<base::Watts> read_power(const Library& library, nvml::Device device, const std::string& name) {
    unsigned milliwatts = 0;
    const int code = library.functions.power(device, &milliwatts);
    if (code == 0) return {base::Watts(milliwatts * 1e-3), {}};
    return {{}, fmt::format("{} did not report its power (NVML error {})", name, code)};
}

std::string device_name(const Library& library, nvml::Device device, unsigned index) {
    std::array<char, 128> text{};
    if (!library.functions.name || library.functions.name(device, text.data(), text.size() - 1) != 0) {
        return fmt::format("gpu-{}", index);
    }
    return fmt::format("gpu-{} ({})", index, text.data());
}

void open_device(const SharedLibrary& library, unsigned index, base::Nanoseconds now, FoundSensors& found) {
    nvml::Device device = nullptr;
    const auto unread = [&found](std::string card, std::string problem) {
        found.problems.push_back(problem);
        found.unread.push_back({{std::move(card), "nvml", Scope::accelerator, {}, {}, {}}, std::move(problem)});
    };
    if (const int code = library->functions.device(index, &device); code != 0) {
        unread(fmt::format("gpu-{}", index),
               fmt::format("The NVIDIA card {} cannot be opened (NVML error {}); run as root, or join the group that "
                           "owns /dev/nvidia{}.",
                           index, code, index));
        return;
    }
    const std::string name = device_name(*library, device, index);
    SensorInfo info{name, "nvml", Scope::accelerator, {}, {}, {}};
    if (library->functions.total_energy && read_energy(*library, device, name).value) {
        info.step = energy_step;
        CounterRules rules;
        rules.where = "The energy counter of " + name;
        rules.nanojoules = 1e6;
        rules.most = highest_power(Scope::accelerator);
        rules.slack = energy_step;
        found.sensors.push_back(std::make_unique<CounterSensor>(
            std::move(info), std::move(rules), [=] { return read_energy(*library, device, name); }, now));
    } else if (library->functions.power && read_power(*library, device, name).value) {
        info.step = power_step;
        found.sensors.push_back(std::make_unique<PowerIntegral>(
            std::move(info), [=] { return read_power(*library, device, name); }, now));
    } else {
        unread(name, fmt::format("{} reports neither energy nor power (as with MIG partitions and some virtual cards).",
                                 name));
    }
}

}  // namespace

FoundSensors find_nvml(const std::filesystem::path& file, base::Nanoseconds now) {
    FoundSensors found;
    const SharedLibrary library = nvml::open_library(file);
    if (!library) return found;
    if (!library->problem.empty()) {
        found.problems.push_back(
            fmt::format("The NVIDIA library {} cannot be used: {}.", file.string(), library->problem));
        return found;
    }
    unsigned count = 0;
    if (const int code = library->functions.count(&count); code != 0) {
        found.problems.push_back(fmt::format("The NVIDIA cards cannot be counted (NVML error {}).", code));
        return found;
    }
    // A library that claims more than any machine has is not asked for each.
    for (unsigned index = 0; index < std::min(count, 64u); ++index) open_device(library, index, now, found);
    return found;
}

}  // namespace ergon::energy
