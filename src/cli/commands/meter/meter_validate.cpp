// ergon meter validate: ergon's joules beside those of a meter at the wall. docs/validate.md is its guide.

#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "base/threads.h"
#include "cli/commands.h"
#include "cli/commands/meter/meter.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/options/wall_windows.h"
#include "cli/terminal/progress.h"
#include "energy/ledger/window.h"
#include "engine/benchmark.h"
#include "engine/loaded_model.h"
#include "profile/workloads.h"

namespace ergon::cli {
namespace {

using base::Seconds;
using nlohmann::ordered_json;

struct ValidateOptions {
    int threads = 1;
    double seconds = 20;
    std::string wall_log;
    std::vector<std::string> models{"ergon-dense-think", "ergon-moe-think"};
    DataOutput json{.file = "ergon-validation.json"};
};

/// Something to run for about so long.
struct Load {
    std::string name;
    std::function<void(Seconds)> run;
};

/// What ergon and the wall say of one load.
struct Agreement {
    std::string name;
    energy::WindowFigures figures;
    base::Watts wall{};

    base::Watts of(base::Joules joules) const { return joules / figures.seconds; }
    double ratio() const { return figures.average / wall; }
    bool inside() const { return of(figures.joules.low) <= wall && wall <= of(figures.joules.high); }
};

/// Generates again and again, one sequence at a time.
Load generating(const std::string& name, int threads) {
    return {"generating, " + name, [path = find_model(name), threads](Seconds at_least) {
                base::ThreadPool pool(threads);
                const engine::LoadedModel loaded = engine::load_model(path, {}, pool);
                energy::Meter meter(machine_options());
                const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(at_least.value());
                do {
                    engine::run_benchmark(*loaded.model, meter, {engine::Workload::decode, 100, 1, 16});
                } while (std::chrono::steady_clock::now() < end);
            }};
}

/// Idle, load in steps, memory, and the models. `workloads` must outlive them.
std::vector<Load> loads_of(const ValidateOptions& options, const profile::Workloads& workloads) {
    const std::vector<energy::Workload> known = workloads.all(options.threads);
    std::vector<Load> loads;
    for (const energy::Workload& one : known) {
        const bool wanted =
            one.name == "idle" || one.name.starts_with("spin, ") ||
            one.name == fmt::format("memory, {} thread{}", options.threads, options.threads == 1 ? "" : "s");
        if (wanted) loads.push_back({one.name, one.run});
    }
    for (const std::string& model : options.models) loads.push_back(generating(model, options.threads));
    return loads;
}

/// Runs a load, the machine being read meanwhile.
energy::WindowFigures measured(energy::MachineReader& reader, const Load& load, Seconds seconds) {
    energy::Window window(reader);
    std::mutex mutex;
    std::condition_variable wake;
    bool over = false;
    std::thread sampler([&] {
        std::unique_lock lock(mutex);
        const auto pause = [&] { return std::chrono::nanoseconds(reader.interval().value()); };
        while (!wake.wait_for(lock, pause(), [&] { return over; })) window.poll();
    });
    const auto stop = [&] {
        {
            const std::lock_guard lock(mutex);
            over = true;
        }
        wake.notify_all();
        sampler.join();
    };
    try {
        load.run(seconds);
    } catch (...) {
        stop();
        throw;
    }
    stop();
    return window.figures();
}

std::vector<Agreement> run_loads(const ValidateOptions& options, energy::MachineReader& reader) {
    const profile::Workloads workloads;
    const std::vector<Load> loads = loads_of(options, workloads);
    base::tell("{} loads, {:.3g} s each: {}. Do not use the machine meanwhile.", loads.size(), options.seconds,
               base::duration_text(Seconds(static_cast<double>(loads.size()) * options.seconds)));
    Progress progress("loads");
    WallWindows windows;
    std::vector<Agreement> agreements;
    std::vector<std::string> names;
    for (const Load& load : loads) {
        progress.show(static_cast<std::int64_t>(agreements.size()), static_cast<std::int64_t>(loads.size()), load.name);
        windows.begin();
        agreements.push_back({load.name, measured(reader, load, Seconds(options.seconds)), {}});
        windows.end();
        names.push_back(load.name);
    }
    progress.clear();
    const std::vector<base::Watts> powers = windows.powers(options.wall_log, names);
    for (std::size_t i = 0; i < powers.size(); ++i) agreements[i].wall = powers[i];
    return agreements;
}

ordered_json to_json(const std::vector<Agreement>& agreements, const energy::MachineReader& reader) {
    ordered_json runs = ordered_json::array();
    for (const Agreement& one : agreements) {
        runs.push_back({{"run", one.name},
                        {"seconds", one.figures.seconds.value()},
                        {"wall_watts", one.wall.value()},
                        {"joules", one.figures.joules},
                        {"busy_seconds", one.figures.busy.value()},
                        {"ratio", one.ratio()},
                        {"inside", one.inside()}});
    }
    return {{"ergon_validation", 1}, {"version", ERGON_VERSION}, {"machine", reader.machine()}, {"runs", runs}};
}

void print_agreements(const std::vector<Agreement>& agreements, const energy::MachineReader& reader) {
    base::print("{}\n\n{:<40} {:>9} {:>9}  {:<18} {:>10}  {}\n", reader.describe(), "run", "wall, W", "ergon, W",
                "95% interval", "ergon/wall", "inside");
    std::int64_t inside = 0;
    for (const Agreement& one : agreements) {
        inside += one.inside() ? 1 : 0;
        const std::string interval = fmt::format("{} to {}", base::significant(one.of(one.figures.joules.low).value()),
                                                 base::significant(one.of(one.figures.joules.high).value()));
        base::print("{:<40} {:>9} {:>9}  {:<18} {:>10.2f}  {}\n", one.name, base::significant(one.wall.value()),
                    base::significant(one.figures.average.value()), interval, one.ratio(), one.inside() ? "yes" : "no");
    }
    base::print("\nThe wall lies inside ergon's interval in {} of {} runs.", inside, agreements.size());
    if (reader.boundary() == energy::Boundary::machine) {
        base::print("\n");
        return;
    }
    base::print(" ergon tells the joules of {}, the wall those of the whole machine: a ratio below 1 is expected.\n",
                energy::boundary_words(reader.boundary()));
}

void validate(const ValidateOptions& options) {
    check_outputs(options.json.outputs(), {options.wall_log});
    WallWindows::check(options.wall_log);
    energy::MachineReader reader(machine_options());
    const std::vector<Agreement> agreements = run_loads(options, reader);
    const std::string text = base::json_text(to_json(agreements, reader), 2) + "\n";
    options.json.write(text);
    if (!options.json.on_stdout()) print_agreements(agreements, reader);
    if (!is_stdout(options.json.file)) {
        base::tell("Saved to {}. Please send it with the model of the machine and of the meter (docs/validate.md).",
                   options.json.file);
    }
}

}  // namespace

void add_meter_validate(CLI::App& meter) {
    auto options = std::make_shared<ValidateOptions>();
    CLI::App& command = *meter.add_subcommand(
        "validate", "Check energy figures against a wall meter: idle, stepped load, memory, two models");
    command.add_option("--wall-log", options->wall_log, std::string("Read watts from ") + wall_log_help)
        ->required()
        ->type_name("FILE.csv");
    add_threads(command, options->threads);
    command.add_option("--seconds", options->seconds, "Duration of each run")
        ->check(CLI::Range(2.0, 3600.0))
        ->capture_default_str();
    command.add_option("--model", options->models, "Models to run, one after another")
        ->capture_default_str()
        ->type_name("MODEL");
    options->json.add_json(command, "the table");
    command.get_option("--json-out")->default_str(options->json.file);
    command.footer(
        "Plug the machine into a meter that logs watts at least once a second, start the log, run this, and send the "
        "resulting file. See docs/validate.md (ten minutes).\n\n"
        "Example:\n"
        "  ergon meter validate --wall-log meter.csv");
    command.callback([options] { validate(*options); });
}

}  // namespace ergon::cli
