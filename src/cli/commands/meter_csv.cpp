// A window as CodeCarbon's rows: what reads its emissions.csv reads this.

#include <array>
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/random.h"
#include "base/strings/text.h"
#include "cli/commands.h"
#include "cli/commands/meter.h"

namespace ergon::cli {
namespace {

// Of CodeCarbon 3 (codecarbon/output_methods/emissions_data.py).
constexpr std::array columns{"timestamp",
                             "project_name",
                             "run_id",
                             "experiment_id",
                             "duration",
                             "emissions",
                             "emissions_rate",
                             "cpu_power",
                             "gpu_power",
                             "ram_power",
                             "cpu_energy",
                             "gpu_energy",
                             "ram_energy",
                             "energy_consumed",
                             "water_consumed",
                             "country_name",
                             "country_iso_code",
                             "region",
                             "cloud_provider",
                             "cloud_region",
                             "os",
                             "python_version",
                             "codecarbon_version",
                             "cpu_count",
                             "cpu_model",
                             "gpu_count",
                             "gpu_model",
                             "longitude",
                             "latitude",
                             "ram_total_size",
                             "tracking_mode",
                             "cpu_utilization_percent",
                             "gpu_utilization_percent",
                             "ram_utilization_percent",
                             "ram_used_gb",
                             "on_cloud",
                             "pue",
                             "wue"};

constexpr double joules_per_kwh = 3.6e6;

/// Joules of the sensors of a scope, nothing if none covers it or one did not answer all the time. What is estimated is
/// all the processor's, as in CodeCarbon's own estimate.
std::optional<double> joules_of(const energy::WindowFigures& figures, const energy::MachineReader& reader,
                                energy::Scope scope) {
    if (!reader.counts_machine() && scope == energy::Scope::package) {
        const std::optional<double> cards = joules_of(figures, reader, energy::Scope::accelerator);
        return figures.joules.value.value() - cards.value_or(0);
    }
    std::optional<double> sum;
    for (const energy::SensorUse& use : figures.sensors) {
        if (use.scope != scope) continue;
        if (!use.complete) return std::nullopt;
        sum = sum.value_or(0) + use.joules.value();
    }
    return sum;
}

}  // namespace

std::string codecarbon_header() {
    return fmt::format("{}", fmt::join(columns, ","));
}

std::string codecarbon_row(const energy::WindowFigures& figures, const energy::MachineReader& reader,
                           const MeterOutput& output, const std::string& project) {
    const auto now = std::chrono::system_clock::now();
    const double seconds = figures.seconds.value();
    const auto number = [](double value) { return fmt::format("{}", value); };
    const auto watts = [&](std::optional<double> joules) {
        return joules && seconds > 0 ? number(*joules / seconds) : std::string();
    };
    const auto kwh = [&](std::optional<double> joules) {
        return joules ? number(*joules / joules_per_kwh) : std::string();
    };
    const auto cpu = joules_of(figures, reader, energy::Scope::package);
    const auto gpu = joules_of(figures, reader, energy::Scope::accelerator);
    const auto ram = joules_of(figures, reader, energy::Scope::memory);
    std::string emissions, rate;
    if (output.cost.carbon) {
        const double kilograms = energy::carbon_of(figures.joules, output.cost.carbon->amount).value.value() / 1000;
        emissions = number(kilograms);
        rate = number(seconds > 0 ? kilograms / seconds : 0);
    }
    utsname system{};
    ::uname(&system);
    const auto stamp = static_cast<std::uint64_t>(now.time_since_epoch().count());
    const double busy = seconds > 0 ? figures.busy.value() / seconds / reader.processor().threads : 0;
    const std::array<std::string, columns.size()> cells{
        fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(now))),
        base::csv_cell(project),
        fmt::format("{:016x}", base::random_bits(stamp, static_cast<std::uint64_t>(::getpid()), 0)),
        "",
        number(seconds),
        emissions,
        rate,
        watts(cpu),
        watts(gpu),
        watts(ram),
        kwh(cpu),
        kwh(gpu),
        kwh(ram),
        kwh(figures.joules.value.value()),
        "",
        output.cost.carbon ? base::csv_cell(output.cost.carbon->name) : "",
        "",
        "",
        "",
        "",
        base::csv_cell(fmt::format("{}-{}-{}", system.sysname, system.release, system.machine)),
        "",
        "ergon " + version(),
        fmt::format("{}", reader.processor().threads),
        base::csv_cell(reader.processor().name),
        "",
        "",
        "",
        "",
        "",
        "machine",
        number(100 * busy),
        "",
        "",
        "",
        "",
        "",
        ""};
    return fmt::format("{}", fmt::join(cells, ","));
}

}  // namespace ergon::cli
