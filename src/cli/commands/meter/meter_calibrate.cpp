// ergon meter calibrate: what this machine's joules depend on.

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "base/threads.h"
#include "cli/commands.h"
#include "cli/commands/meter/meter.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/output_files.h"
#include "cli/options/wall_windows.h"
#include "cli/terminal/progress.h"
#include "energy/estimate/calibration.h"
#include "profile/workloads.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using base::Joules;
using base::Nanoseconds;
using base::Seconds;
using energy::CalibrationSample;

struct CalibrateOptions {
    int threads = 1;
    int repeats = energy::MeasureOptions{}.rounds;
    double seconds = 0;
    bool wall = false;
    std::string wall_log;
    std::string out;
    DataOutput json;
};

// A meter that a person reads must have settled.
constexpr double seconds_at_the_wall = 10;
// A run lasts so many steps of the counter, of which one at either end is uncertain.
constexpr double counter_steps = 20;

/// Reads the machine's counter all the time, as sensors of power need, and adds up.
class SteadyReading {
  public:
    explicit SteadyReading(energy::MachineReader& reader) : reader_(reader) {
        reader_.start(base::now());
        thread_ = std::thread([this] {
            std::unique_lock lock(mutex_);
            const auto pause = [this] { return std::chrono::nanoseconds(reader_.interval().value()); };
            while (!wake_.wait_for(lock, pause(), [this] { return stopping_; })) add(reader_.read(base::now(), false));
        });
    }
    ~SteadyReading() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }
    SteadyReading(const SteadyReading&) = delete;
    SteadyReading& operator=(const SteadyReading&) = delete;

    /// Since the last call.
    Joules take() {
        const std::lock_guard lock(mutex_);
        add(reader_.read(base::now(), false));
        // The counter's next move tells of the end.
        const Nanoseconds deadline = base::now() + reader_.worth_waiting();
        while (reader_.waiting() && base::now() < deadline) {
            base::sleep_for(base::Seconds(0.001));
            add(reader_.read(base::now(), false));
        }
        add(reader_.give_up());
        if (std::exchange(lost_, false)) {
            base::fail(ErrorCode::system,
                       "The counter {} did not answer, or did not move, during a workload; try again.",
                       reader_.counter()->info().name);
        }
        return base::to_joules(std::exchange(energy_, base::Nanojoules(0)));
    }

  private:
    void add(const std::vector<energy::Interval>& intervals) {
        for (const energy::Interval& interval : intervals) {
            energy_ += interval.energy;
            lost_ = lost_ || !interval.counted || interval.missing.value > base::Nanojoules(0);
        }
    }

    energy::MachineReader& reader_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool lost_ = false;
    base::Nanojoules energy_{};
    std::thread thread_;
};

/// Joules from watts that somebody reads off a meter and types.
energy::EnergySince by_reading() {
    struct State {
        Nanoseconds begin{};
        bool running = false;
    };
    return [state = std::make_shared<State>()] {
        if (!state->running) {
            state->running = true;
            state->begin = base::now();
            return Joules(0);
        }
        state->running = false;
        const Seconds elapsed = base::to_seconds(base::now() - state->begin);
        base::write_text(base::Stream::error, "Watts shown by the meter: ");
        double watts = 0;
        for (std::string line; std::getline(std::cin, line);) {
            const char* const text = line.c_str();
            char* end = nullptr;
            watts = std::strtod(text, &end);
            if (end != text && watts > 0 && std::isfinite(watts)) return base::Watts(watts) * elapsed;
            base::write_text(base::Stream::error, "Enter a number of watts: ");
        }
        base::fail(ErrorCode::bad_argument, "The readings ended before the workloads did; nothing was written.");
    };
}

/// Joules from a log that is complete when all has run.
energy::EnergySince by_log(WallWindows& windows) {
    return [&windows, running = false]() mutable {
        running ? windows.end() : windows.begin();
        running = !running;
        return Joules(0);
    };
}

void take_from_log(const std::string& file, const WallWindows& windows, std::vector<CalibrationSample>& samples) {
    std::vector<std::string> names;
    for (const CalibrationSample& sample : samples) names.push_back(sample.workload);
    const std::vector<base::Watts> powers = windows.powers(file, names);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i].energy = powers[i] * Seconds(samples[i].usage[energy::Resource::time]);
    }
}

std::string unit_of(std::size_t resource) {
    if (resource == static_cast<std::size_t>(energy::Resource::time)) return "W";
    if (resource == static_cast<std::size_t>(energy::Resource::busy_time)) return "W per busy thread";
    const bool bytes = energy::resource_names[resource].ends_with("bytes");
    return bytes ? "J/byte" : "J/operation";
}

void print_calibration(const energy::Calibration& calibration) {
    base::print("{:<20} {:>16}   95% interval\n", "coefficient", "value");
    // Watts have a prefix of their own, and joules have.
    std::map<char, std::vector<double>> numbers;
    for (std::size_t i = 0; i < energy::resource_count; ++i) {
        numbers[unit_of(i).front()].push_back(calibration.coefficients[i].value);
    }
    for (std::size_t i = 0; i < energy::resource_count; ++i) {
        const energy::Coefficient& one = calibration.coefficients[i];
        const base::Unit unit{unit_of(i), base::Prefixes::all};
        const base::IntervalText text = base::with_interval(one.value, one.low, one.high, unit,
                                                            base::column_scale(numbers[unit.symbol.front()], unit));
        base::print("{:<20} {:>16}   {}\n", energy::resource_names[i], text.value, text.interval);
    }
    base::print("Workloads left out of the fit were missed by {:.1f}% (root mean square), at worst by {:.1f}% ({}).\n",
                100 * calibration.left_out_error, 100 * calibration.worst_error, calibration.worst_workload);
}

std::vector<CalibrationSample> run_workloads(const CalibrateOptions& options, energy::MachineReader& reader) {
    const profile::Workloads workloads;
    const std::vector<energy::Workload> all = workloads.all(options.threads);
    const bool by_hand = options.wall || !options.wall_log.empty();
    const double step = !reader.counts_machine() ? 0 : base::to_seconds(reader.counter()->info().step).value();
    const double least = by_hand ? seconds_at_the_wall : std::max(1.0, counter_steps * step);
    const double seconds = options.seconds > 0 ? options.seconds : least;
    const int rounds = options.wall ? 2 : options.repeats;  // a person's patience
    base::tell("{} workloads, {} runs each of {:.3g} s: {}. Do not use the machine meanwhile.", all.size(), rounds,
               seconds, base::duration_text(base::Seconds(static_cast<double>(all.size()) * rounds * seconds)));
    Progress progress("runs");
    energy::MeasureOptions measure{.at_least = Seconds(seconds), .rounds = rounds, .on_sample = {}};
    measure.on_sample = [&](const CalibrationSample& sample, int done, int count) {
        if (options.wall) return;
        progress.show(done, count,
                      by_hand ? sample.workload
                              : fmt::format("{}: {:.2f} W", sample.workload,
                                            sample.energy.value() / sample.usage[energy::Resource::time]));
    };
    WallWindows windows;
    std::optional<SteadyReading> steady;
    energy::EnergySince joules = [&steady] { return steady->take(); };
    if (options.wall) joules = by_reading();
    if (!options.wall_log.empty()) joules = by_log(windows);
    if (!by_hand) steady.emplace(reader);
    std::vector<CalibrationSample> samples = energy::measure(all, joules, measure);
    progress.clear();
    if (!options.wall_log.empty()) take_from_log(options.wall_log, windows, samples);
    return samples;
}

/// Where the calibration is kept, known before minutes are spent on it.
std::filesystem::path target_of(const CalibrateOptions& options) {
    if (!options.out.empty()) return options.out;
    if (machine_options().calibration) return *machine_options().calibration;
    base::fail(ErrorCode::bad_argument,
               "This user has no home folder to keep the calibration in: name a file with --out, and give it to other "
               "commands with --calibration.");
}

void calibrate(const CalibrateOptions& options) {
    const std::filesystem::path file = target_of(options);
    if (file.has_parent_path()) base::make_folders(file.parent_path());
    energy::MeterOptions machine = machine_options();
    machine.calibration.reset();
    energy::MachineReader reader(machine);
    const bool by_hand = options.wall || !options.wall_log.empty();
    if (!by_hand && !reader.counts_machine()) {
        base::fail(
            ErrorCode::bad_argument,
            "There is no counter to calibrate against. {} Give a sensor with --sensor, or use a wall meter: --wall to "
            "type its watts, --wall-log FILE to read its log.",
            reader.describe());
    }
    std::vector<std::string> outputs = options.json.outputs();
    outputs.push_back(file.string());
    check_outputs(outputs, {options.wall_log});
    if (!options.wall_log.empty()) WallWindows::check(options.wall_log);
    energy::Calibration calibration = energy::fit(run_workloads(options, reader));
    calibration.machine = energy::fingerprint_of(reader.processor());
    calibration.source = by_hand ? "a meter at the wall" : reader.counter()->all_names();
    calibration.boundary = by_hand ? energy::Boundary::machine : reader.boundary();
    const std::string text = energy::write_calibration(calibration);
    write_output(file.string(), text);
    if (options.json.asked()) options.json.write(text);
    if (!any_is_stdout(outputs)) print_calibration(calibration);
    if (!is_stdout(file.string())) base::tell("Calibration saved to {}.", file.string());
}

}  // namespace

void add_meter_calibrate(CLI::App& meter) {
    auto options = std::make_shared<CalibrateOptions>();
    CLI::App& command = *meter.add_subcommand("calibrate", "Fit this machine's energy model from known workloads");
    add_threads(command, options->threads);
    command.add_option("--repeats", options->repeats, "Runs of each workload")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    command.add_option("--seconds", options->seconds, "Duration of each run [1; 10 with a wall meter]")
        ->check(CLI::Range(0.05, 3600.0));
    auto* const wall = command.add_flag("--wall", options->wall, "Type in the watts shown by a wall meter");
    command.add_option("--wall-log", options->wall_log, std::string("Read watts from ") + wall_log_help)
        ->type_name("FILE.csv")
        ->excludes(wall);
    command.add_option("--out", options->out, "Output file instead of the default location; - is stdout")
        ->type_name("FILE");
    options->json.add_json(command, "the calibration");
    command.footer(
        "Runs idle, spin, memory-streaming and multiply workloads on 1, 2, 4, ... and all threads, in random order. "
        "Without "
        "an energy counter, the fit narrows the intervals of estimates; with one, it gives the energy per byte and per "
        "operation.\n\n"
        "Examples:\n"
        "  ergon meter calibrate\n"
        "  ergon meter calibrate --sensor plug:http://192.168.1.20\n"
        "  ergon meter calibrate --wall-log meter.csv");
    command.callback([options] { calibrate(*options); });
}

}  // namespace ergon::cli
