// ergon train RECIPE: trains a small model from a recipe, with joules on every line of the log.

#include <fmt/format.h>
#include <memory>

#include "base/format_number.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/generation_options.h"
#include "cli/machine_options.h"
#include "cli/progress.h"
#include "cli/run_interrupt.h"
#include "report/table.h"
#include "train/run.h"

namespace ergon::cli {
namespace {

struct TrainOptions {
    std::string recipe, out;
    std::vector<std::string> settings;
    bool resume = false, json = false;
    int threads = 1;
};

const base::Unit joules{"J", base::Prefixes::all};

std::string with_interval(const energy::Figure& f) {
    const base::IntervalText text = base::with_interval(f.value.value(), f.low.value(), f.high.value(), joules);
    return fmt::format("{} {} {}", text.value, text.interval, energy::name(f.method));
}

std::string memory_text(const train::Memory& m) {
    return fmt::format("Memory: {} (weights {}, their gradients {}, moments {}, activations {}).",
                       base::readable(m.total()), base::readable(m.weights.values + m.weights.rounded),
                       base::readable(m.weights.gradients), base::readable(m.moments), base::readable(m.activations));
}

void tell_end(const TrainOptions& options, const std::filesystem::path& folder, train::Ended ended,
              const train::StepLine& line) {
    const auto tokens = static_cast<double>(std::max<std::int64_t>(line.total_tokens, 1));
    if (options.json) {
        const char* const words[] = {"finished", "stopped", "diverged"};
        const nlohmann::ordered_json json{{"ended", words[static_cast<int>(ended)]},
                                          {"folder", folder.string()},
                                          {"steps", line.report.step},
                                          {"tokens", line.total_tokens},
                                          {"loss", line.report.loss},
                                          {"accuracy", line.report.accuracy},
                                          {"seconds", line.total_seconds.value()},
                                          {"joules", line.total},
                                          {"joules_per_token", line.total / tokens}};
        fmt::print("{}\n", json.dump());
        return;
    }
    fmt::print("{} steps, {} tokens in {}: loss {:.4f}, {:.1f}% of the tokens foretold.\n", line.report.step,
               line.total_tokens, duration_text(line.total_seconds.value()), line.report.loss,
               100 * line.report.accuracy);
    fmt::print("Energy: {}; per token {}.\n", with_interval(line.total), with_interval(line.total / tokens));
    if (ended == train::Ended::finished) fmt::print("Written: {}\n", (folder / "model").string());
    if (ended == train::Ended::stopped) fmt::print("Stopped; --resume goes on from step {}.\n", line.report.step);
}

void train_recipe(const TrainOptions& options) {
    const train::Recipe recipe = train::read_recipe(options.recipe, options.settings);
    const std::filesystem::path folder =
        options.out.empty() ? std::filesystem::path("runs") / recipe.file.stem() : std::filesystem::path(options.out);
    base::ThreadPool pool(options.threads);
    energy::MachineReader machine(machine_options());
    fmt::print(stderr, "{} {}\n", memory_text(train::memory_of(recipe)), machine.describe());

    InterruptFlag interrupt;
    Progress progress("steps");
    train::StepLine last;
    const std::int64_t steps = recipe.trainer.schedule.steps;
    std::int64_t already = -1;
    const train::Ended ended = train::run(
        recipe, {folder, options.resume, &interrupt.value()}, machine, pool, [&](const train::StepLine& line) {
            if (already < 0) already = line.report.step - 1;
            last = line;
            // At this rate, the whole takes so much.
            const energy::Figure expected =
                line.total * (static_cast<double>(steps) / static_cast<double>(line.report.step));
            progress.show(line.report.step, steps,
                          fmt::format("loss {:.4f}, {:.0f} tokens/s, {} so far of about {}", line.report.loss,
                                      static_cast<double>(line.report.tokens) / line.seconds.value(),
                                      base::with_unit(line.total.value.value(), joules),
                                      base::with_unit(expected.value.value(), joules)),
                          already);
        });
    progress.clear();
    if (ended == train::Ended::diverged) {
        base::fail(base::ErrorCode::out_of_budget,
                   "the loss or the gradient was not a number in the step after {}; the checkpoint before it is kept "
                   "in {}. Lower "
                   "training.learning_rate, or lengthen training.warm_up",
                   last.report.step, folder.string());
    }
    tell_end(options, folder, ended, last);
}

}  // namespace

void add_train(CLI::App& program) {
    auto options = std::make_shared<TrainOptions>();
    CLI::App& command =
        *program.add_subcommand("train", "Train a small model from a recipe, every step with its joules");
    command.add_option("RECIPE", options->recipe, "A TOML file (docs/training.md)")->required();
    command.add_option("--out", options->out, "Folder of the run: checkpoint, log, model (runs/NAME of the recipe)");
    command.add_option("--set", options->settings, "KEY=VALUE put over the recipe's, such as training.steps=100");
    command.add_flag("--resume", options->resume, "Go on from the folder's last checkpoint");
    add_threads(command, options->threads);
    command.add_flag("--json", options->json, "The result as JSON");
    command.footer("\nExample: ergon train small.toml --out runs/small --set training.steps=500");
    command.callback([options] { train_recipe(*options); });
}

}  // namespace ergon::cli
