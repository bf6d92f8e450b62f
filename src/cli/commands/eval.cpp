// ergon eval MODEL --prompts P: right answers, and what each of them takes.

#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/experiment_options.h"
#include "lab/output/comparison_table.h"
#include "lab/store/run_summary.h"

namespace ergon::cli {
namespace {

void evaluate(const ExperimentOptions& options) {
    options.check();
    lab::Results results(options.results_file);
    const lab::RunId run = options.run(results);
    const lab::RunSummary loaded = lab::load_run(results, run);
    if (!options.files.on_stdout()) print_findings(loaded, options.cost, true);
    if (loaded.report.comparison.contenders[0].graded == 0) {
        base::tell("None of these prompts has a reference answer, so nothing was graded.");
    }
    base::flush_output();  // the table first, where both go to one place
    base::tell("Every answer is kept in {} (run {}).", options.results_file, run);
    options.files.write(loaded, options.cost);
}

}  // namespace

void add_eval(CLI::App& program) {
    auto options = std::make_shared<ExperimentOptions>();
    options->tasks_named = {"puzzles"};
    CLI::App& command = *program.add_subcommand("eval", "Measure accuracy and energy per correct answer");
    command
        .add_option("MODEL", options->models,
                    "A GGUF file, Hugging Face folder, model name or server (http://host/v1#name); options follow a "
                    "colon, as in "
                    "compare")
        ->required()
        ->expected(1);
    options->add(command);
    command.footer(
        "Prints accuracy with its Wilson interval, tokens by phase, energy, and energy per correct answer, by "
        "subject.\n\n"
        "Examples:\n"
        "  ergon eval qwen2.5-coder-0.5b-instruct-q4_k_m --prompts puzzles --limit 60\n"
        "  ergon eval model.gguf --prompts gsm8k/test.jsonl --max-tokens 1024 --limit 200\n"
        "  ergon eval model.gguf --prompts mmlu/data --shots 5");
    command.callback([options] { evaluate(*options); });
}

}  // namespace ergon::cli
