// A window as CodeCarbon's rows: what reads its emissions.csv reads this.

#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <string_view>
#include <sys/utsname.h>
#include <unistd.h>
#include <vector>

#include "base/random.h"
#include "base/strings/text.h"
#include "cli/commands.h"
#include "cli/commands/meter/meter.h"
#include "cli/options/machine_options.h"
#include "energy/counters/small_file.h"

namespace ergon::cli {
namespace {

// Of CodeCarbon 3.3.0 (codecarbon/output_methods/emissions_data.py).
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

/// The cards whose energy is read: how many, and "2 x NVIDIA H200".
void add_cards(const energy::WindowFigures& figures, std::map<std::string_view, std::string>& row) {
    std::map<std::string, int> models;
    int count = 0;
    for (const energy::SensorUse& use : figures.sensors) {
        if (use.scope != energy::Scope::accelerator) continue;
        // "gpu-0 (NVIDIA H200)"
        const std::size_t open = use.name.find('(');
        const bool named = open != std::string::npos && use.name.ends_with(')');
        ++models[named ? use.name.substr(open + 1, use.name.size() - open - 2) : use.name];
        ++count;
    }
    if (count == 0) return;
    std::vector<std::string> words;
    for (const auto& [model, number] : models) words.push_back(fmt::format("{} x {}", number, model));
    row["gpu_count"] = fmt::format("{}", count);
    row["gpu_model"] = fmt::format("{}", fmt::join(words, ", "));
}

/// The clouds that CodeCarbon knows, by what their virtual machines' firmware says of itself (as cloud-init's
/// ds-identify tells them apart); nothing where there is no firmware to ask.
void add_cloud(const std::filesystem::path& sysfs, std::map<std::string_view, std::string>& row) {
    struct Mark {
        const char* file;
        std::string_view text;
        const char* provider;
    };
    constexpr std::array<Mark, 3> marks{{{"sys_vendor", "Amazon EC2", "aws"},
                                         {"product_name", "Google Compute Engine", "gcp"},
                                         {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "azure"}}};
    const std::filesystem::path firmware = sysfs / "class/dmi/id";
    const auto text_of = [&](const char* file) {
        return std::string(base::trimmed(energy::read_small_file(firmware / file).text));
    };
    if (text_of("sys_vendor").empty()) return;
    row["on_cloud"] = "N";
    for (const Mark& mark : marks) {
        if (text_of(mark.file) != mark.text) continue;
        row["on_cloud"] = "Y";
        row["cloud_provider"] = mark.provider;
    }
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
    std::map<std::string_view, std::string> row;  // what is not in it stays empty
    const auto add_energy = [&](std::string_view power, std::string_view energy, std::optional<double> joules) {
        if (!joules) return;
        if (seconds > 0) row[power] = number(*joules / seconds);
        row[energy] = number(*joules / base::joules_per_kilowatt_hour);
    };
    add_energy("cpu_power", "cpu_energy", joules_of(figures, reader, energy::Scope::package));
    add_energy("gpu_power", "gpu_energy", joules_of(figures, reader, energy::Scope::accelerator));
    add_energy("ram_power", "ram_energy", joules_of(figures, reader, energy::Scope::memory));
    row["energy_consumed"] = number(figures.joules.value.value() / base::joules_per_kilowatt_hour);
    if (const auto& carbon = output.cost.carbon) {
        const double kilograms = energy::carbon_of(figures.joules, carbon->amount).value.value() / 1000;
        row["emissions"] = number(kilograms);
        row["emissions_rate"] = number(seconds > 0 ? kilograms / seconds : 0);
        row["country_iso_code"] = carbon->country;
        if (!carbon->country.empty()) row["country_name"] = carbon->name;
    }
    utsname system{};
    ::uname(&system);
    const auto stamp = static_cast<std::uint64_t>(now.time_since_epoch().count());
    row["timestamp"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(now)));
    row["project_name"] = project;
    row["run_id"] = fmt::format("{:016x}", base::random_bits(stamp, static_cast<std::uint64_t>(::getpid()), 0));
    row["duration"] = number(seconds);
    row["os"] = fmt::format("{}-{}-{}", system.sysname, system.release, system.machine);
    row["codecarbon_version"] = "ergon " + version();
    const energy::Processor& processor = reader.processor();
    row["cpu_count"] = fmt::format("{}", processor.threads);
    row["cpu_model"] = processor.name;
    row["cpu_utilization_percent"] = number(seconds > 0 ? 100 * figures.busy.value() / seconds / processor.threads : 0);
    if (const auto memory = reader.share().memory) {
        constexpr double gibibyte = 1 << 30;  // CodeCarbon's GB
        row["ram_total_size"] = number(static_cast<double>(memory->value()) / gibibyte);
    }
    row["tracking_mode"] = "machine";
    row["pue"] = "1";  // nothing is multiplied with
    add_cards(figures, row);
    add_cloud(machine_options().sysfs, row);
    std::vector<std::string> cells;
    for (const char* column : columns) cells.push_back(base::csv_cell(row[column]));
    return fmt::format("{}", fmt::join(cells, ","));
}

}  // namespace ergon::cli
