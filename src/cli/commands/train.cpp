// ergon train RECIPE: trains a small model from a recipe, with joules on every line of the log.

#include <cmath>
#include <csignal>
#include <fmt/format.h>
#include <memory>
#include <optional>

#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/output_files.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/run_interrupt.h"
#include "energy/machine/power_limit.h"
#include "report/table.h"
#include "train/run/run.h"
#include "train/run/run_log.h"

namespace ergon::cli {
namespace {

struct TrainOptions {
    std::string recipe, out, log_csv;
    std::vector<std::string> settings;
    bool resume = false;
    DataOutput json;
    int threads = 1;
    std::string grid;  // empty: train at any time
    double max_intensity = 0;
    std::optional<double> max_watts;
};

template <typename Amount>
std::string with_interval(const energy::FigureOf<Amount>& f, const base::Unit& unit) {
    const base::IntervalText text = base::with_interval(f.value.value(), f.low.value(), f.high.value(), unit);
    return fmt::format("{}{}{} {}", text.value, text.interval.empty() ? "" : " ", text.interval,
                       energy::name(f.method));
}

/// All joules, in watt hours too.
std::string total_text(const energy::Figure& joules) {
    return with_interval(joules, report::joules) + base::watt_hours_note(joules.value);
}

/// How well it does.
std::string state_of(const train::StepReport& report) {
    if (!report.round) return fmt::format("loss {:.4f}", report.loss);
    return fmt::format("reward {:.3f}, {:.1f}% right", report.round->reward, 100 * report.round->right);
}

std::string memory_text(const train::Memory& m) {
    return fmt::format("Memory: {} (weights {}, their gradients {}, moments {}, activations {}{}).",
                       base::readable(m.total()), base::readable(m.weights.values + m.weights.rounded),
                       base::readable(m.weights.gradients), base::readable(m.moments), base::readable(m.activations),
                       m.sampling > base::Bytes() ? fmt::format(", sampling {}", base::readable(m.sampling)) : "");
}

/// How --max-watts is held: by the processors themselves where that can be set, else by fewer threads.
struct PowerCap {
    std::unique_ptr<energy::PowerLimit> limit;
    int threads;
    std::string sentence;
};

PowerCap cap_power(const TrainOptions& options) {
    if (!options.max_watts) return {nullptr, options.threads, {}};
    const base::Watts watts(*options.max_watts);
    if (auto limit = energy::PowerLimit::set(machine_options().sysfs, watts)) {
        const std::string sentence =
            fmt::format("The processors are held to {:.4g} W: {}; the limits before return at the end.", watts.value(),
                        limit->description());
        return {std::move(limit), options.threads, sentence};
    }
    const energy::MachineEstimate estimate = energy::MachineReader(machine_options()).estimate();
    const int threads = std::min(options.threads, estimate.threads_within(watts));
    if (threads == 0) {
        base::fail(base::ErrorCode::bad_argument,
                   "--max-watts {:.4g}: no power limit can be set here, and one thread takes an estimated {:.2g} W "
                   "({:.2g} W of them idle); give at least {:.4g}.",
                   watts.value(), estimate.power_of(1).value(), estimate.idle.value.value(),
                   std::ceil(10 * estimate.power_of(1).value()) / 10);
    }
    return {nullptr, threads,
            fmt::format(
                "No power cap can be set here, so training uses {} of {} threads: an estimated {:.2g} W of {:.4g} W "
                "allowed.",
                threads, options.threads, estimate.power_of(threads).value(), watts.value())};
}

/// What the schedule saved, or cost.
void tell_grid(const train::GridLine& grid) {
    base::print("Emitted: {}; the same joules without the schedule: {}.\n", with_interval(grid.total, report::grams),
                with_interval(grid.unscheduled, report::grams));
    if (grid.waited <= base::Seconds(0)) return;
    base::print("Waited {} for a cleaner grid, in which the machine took {} ({}), not counted above.\n",
                base::duration_text(grid.waited), total_text(grid.waiting),
                with_interval(grid.waiting_grams, report::grams));
}

nlohmann::ordered_json grid_json(const train::GridLine& grid) {
    return {{"grams", grid.total},
            {"unscheduled_grams", grid.unscheduled},
            {"waited_seconds", grid.waited.value()},
            {"waiting_joules", grid.waiting},
            {"waiting_grams", grid.waiting_grams}};
}

void print_summary(const TrainOptions& options, const std::filesystem::path& folder, const train::Outcome& outcome) {
    const train::StepLine& line = outcome.last;
    const auto tokens = static_cast<double>(std::max<std::int64_t>(line.total_tokens, 1));
    const std::string page = (folder / "page.html").string();
    if (options.json.asked()) {
        const char* const words[] = {"finished", "stopped", "diverged"};
        nlohmann::ordered_json json{{"ended", words[static_cast<int>(outcome.ended)]},
                                    {"folder", folder.string()},
                                    {"page", page},
                                    {"steps", line.report.step},
                                    {"tokens", line.total_tokens},
                                    {"loss", line.report.loss},
                                    {"accuracy", line.report.accuracy},
                                    {"seconds", line.total_seconds.value()},
                                    {"joules", line.total},
                                    {"other_programs_joules", line.total_others.value_or(energy::Figure())},
                                    {"joules_per_token", line.total / tokens}};
        if (line.report.round) {
            json["reward"] = line.report.round->reward;
            json["right"] = line.report.round->right;
            if (const auto& change = outcome.change) {
                json["right_by_quarters"] = {{"first", change->first},
                                             {"last", change->last},
                                             {"change_low", change->low},
                                             {"change_high", change->high}};
            }
        }
        if (line.grid) json["grid"] = grid_json(*line.grid);
        options.json.write(base::json_text(json) + "\n");
    }
    if (options.json.on_stdout()) return;
    if (line.report.step > 0) {
        base::print(
            "{} steps, {} tokens in {}: {}{}.\n", line.report.step, line.total_tokens,
            base::duration_text(line.total_seconds), state_of(line.report),
            line.report.round ? "" : fmt::format(", {:.1f}% of the tokens foretold", 100 * line.report.accuracy));
        base::print("Energy: {}; per token {}.\n", total_text(line.total),
                    with_interval(line.total / tokens, report::joules));
        if (line.total_others && line.total_others->value > base::Joules(0)) {
            base::print("Other programs took {} meanwhile, which is not in it.\n", total_text(*line.total_others));
        }
        if (line.report.round) base::print("{}.\n", outcome.finding);
    }
    if (line.grid) tell_grid(*line.grid);
    if (outcome.ended == train::RunStatus::finished) {
        const std::filesystem::path gguf = folder / "model.gguf";
        base::print("Written: {}{}\n", (folder / "model").string(),
                    base::path_exists(gguf) ? ", " + gguf.string() : "");
    }
    if (outcome.ended == train::RunStatus::stopped)
        base::print("Stopped; --resume continues from step {}.\n", line.report.step);
    base::print("Page: {}\n", page);
}

void train_recipe(const TrainOptions& options) {
    check_outputs(options.json.outputs(), {options.recipe});
    const train::Recipe recipe = train::read_recipe(options.recipe, options.settings);
    train::check_inputs_exist(recipe);
    const std::filesystem::path folder =
        options.out.empty() ? std::filesystem::path("runs") / recipe.file.stem() : std::filesystem::path(options.out);
    check_outputs({options.log_csv}, {options.recipe, folder.string()});
    energy::Meter meter(machine_options(), false);
    base::tell("{} {}", memory_text(train::memory_of(recipe)), meter.describe());
    const PowerCap cap = cap_power(options);
    if (!cap.sentence.empty()) base::tell("{}", cap.sentence);
    base::ThreadPool pool(cap.threads);

    InterruptFlag interrupt;
    Progress progress("steps");
    train::RunOptions run{folder, options.resume, &interrupt.value(), {}, cap.sentence};
    if (!options.grid.empty()) {
        run.grid = train::GridOptions{energy::open_grid(options.grid),
                                      base::GramsPerKilowattHour(options.max_intensity),
                                      [&](base::GramsPerKilowattHour now) {
                                          progress.clear();
                                          base::tell("paused: {:.4g} g/kWh, waits for less than {:.4g}", now.value(),
                                                     options.max_intensity);
                                      },
                                      {}};
    }
    const std::int64_t steps = recipe.trainer.schedule.steps;
    std::int64_t already = -1;
    const train::Outcome outcome = train::run(recipe, run, meter, pool, [&](const train::StepLine& line) {
        if (already < 0) already = line.report.step - 1;
        // At this rate, the whole takes so much.
        const energy::Figure expected =
            line.total * (static_cast<double>(steps) / static_cast<double>(line.report.step));
        progress.show(line.report.step, steps,
                      fmt::format("{}, {:.0f} tokens/s, {} so far of about {}", state_of(line.report),
                                  static_cast<double>(line.report.tokens) / line.seconds.value(),
                                  base::with_unit(line.total.value.value(), report::joules),
                                  base::with_unit(expected.value.value(), report::joules)),
                      already);
    });
    progress.clear();
    if (!options.log_csv.empty())
        base::write_atomically(options.log_csv, train::csv_text(train::read_run_log(folder / "log.jsonl")));
    if (outcome.ended == train::RunStatus::diverged) {
        base::fail(base::ErrorCode::out_of_budget,
                   "the loss or the gradient was not a number in the step after {}; the last good weights are kept in "
                   "{}. Start over with a lower training.learning_rate or a longer training.warm_up.",
                   outcome.last.report.step, folder.string());
    }
    print_summary(options, folder, outcome);
    if (outcome.ended == train::RunStatus::stopped) {
        throw CLI::RuntimeError(128 + (interrupt.told_to_end() != 0 ? interrupt.told_to_end() : SIGINT));
    }
}

}  // namespace

void add_train(CLI::App& program) {
    auto options = std::make_shared<TrainOptions>();
    CLI::App& command =
        *program.add_subcommand("train", "Train a small model from a recipe, measuring the energy of every step");
    command.add_option("RECIPE", options->recipe, "Recipe in TOML (docs/training.md)")->required();
    command.add_option("--out", options->out, "Output folder for checkpoint, log and model [runs/RECIPE]");
    command.add_option("--set", options->settings,
                       "Override a recipe value: KEY=VALUE, such as training.seed=2; paths are relative to the recipe");
    command.add_flag("--resume", options->resume, "Resume from the last checkpoint in the output folder");
    CLI::Option* grid = command
                            .add_option("--grid", options->grid,
                                        "Train only while grid carbon intensity is low: a file of \"time,g/kWh\" lines "
                                        "(docs/training.md), or a "
                                        "command that prints the current value")
                            ->type_name("FILE|command:COMMAND");
    CLI::Option* max_intensity = command
                                     .add_option("--max-intensity", options->max_intensity,
                                                 "Pause while grid intensity is at or above this, in g CO2e per kWh")
                                     ->check(CLI::Range(1.0, energy::max_grams))
                                     ->type_name("G/KWH");
    grid->needs(max_intensity);
    max_intensity->needs(grid);
    command
        .add_option("--max-watts", options->max_watts, "Cap CPU package power; uses fewer threads if no cap can be set")
        ->check(CLI::PositiveNumber)
        ->type_name("W");
    add_threads(command, options->threads);
    options->json.add_json(command, "the result");
    command
        .add_option(
            "--log-csv", options->log_csv,
            "When training ends or is stopped, write the figures of every step as CSV (the fields of log.jsonl)")
        ->type_name("FILE");
    command.footer(
        "\nExamples:\n"
        "  ergon train small.toml --out runs/small --set training.seed=2\n"
        "  ergon train small.toml --grid grid.csv --max-intensity 150 --max-watts 30");
    command.callback([options] { train_recipe(*options); });
}

}  // namespace ergon::cli
