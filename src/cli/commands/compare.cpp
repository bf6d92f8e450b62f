// ergon compare MODEL MODEL...: the same prompts to each, what every answer cost, and what the ratio is made of.

#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/files/paths.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/commands/verify.h"
#include "cli/options/experiment_options.h"
#include "cli/options/machine_options.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/run_interrupt.h"
#include "lab/slice/layer_slice.h"

namespace ergon::cli {
namespace {

constexpr std::int64_t shipped_puzzles = 40;
constexpr std::int64_t shipped_max_tokens = 480;  // with the longest question it fits their context

struct CompareOptions : ExperimentOptions {
    std::string other_file;  // to verify against
    bool slice = false;
    bool no_slice = false;
    bool full = false;
};

/// The experiment that ships: {dense, sparse} x {direct, thinking}, trained alike, on puzzles that none of them has
/// seen.
void take_shipped(CompareOptions& options, const CLI::App& command) {
    options.slice = true;
    options.models = {"ergon-dense-direct", "ergon-dense-think", "ergon-moe-direct", "ergon-moe-think"};
    if (options.files.factors.empty())
        options.files.factors = {"experts=dense,dense,sparse,sparse", "thinking=no,yes,no,yes"};
    if (command.count("--prompts") == 0) options.tasks_named = {"held-out"};
    if (options.limit == 0) options.limit = shipped_puzzles;
    if (!options.answer.max_tokens) options.answer.max_tokens = shipped_max_tokens;
}

/// The live slice, measured once for a run. A machine without the memory for it has none, and is told so.
void add_slice(const CompareOptions& options, lab::Results& results, lab::RunId run) {
    if (!options.slice || options.no_slice || lab::kept_slice(results, run)) return;
    const LastSentence last([&] {
        return fmt::format("Interrupted while the slice was measured; every answer is kept in {} (run {}).",
                           options.results_file, run);
    });
    Progress progress("rounds of the slice");
    try {
        base::ThreadPool pool(options.threads.pool());
        energy::Meter meter(machine_options());
        lab::keep_slice(
            results, run,
            lab::measure_layer_slice(pool, meter, {.seed = options.answer.seed}, [&](auto round, auto rounds) {
                progress.show(static_cast<long>(round), static_cast<long>(rounds));
            }));
    } catch (const base::Error& problem) {
        if (problem.code() != base::ErrorCode::out_of_budget) throw;
        base::tell("The slice of a real layer is left out: {}", problem.what());
    }
}

void compare(const CompareOptions& options) {
    const std::string& other_file = options.other_file;
    if (!other_file.empty() && !base::path_exists(other_file)) {
        base::check_reachable(other_file);
        base::fail(base::ErrorCode::not_found, "There is no results file {} to verify against.", other_file);
    }
    options.check({other_file});
    lab::Results results(options.results_file);
    const lab::RunId run = options.run(results);
    add_slice(options, results, run);
    const lab::RunSummary loaded = lab::load_run(results, run);
    if (!options.files.on_stdout()) print_findings(loaded, options.cost, options.full);
    base::flush_output();  // the table first, where both go to one place
    base::tell(
        "Every answer is kept in {} (run {}): ergon report {} makes a page (--html), prints every table (--full) and "
        "writes data (--json, --csv).",
        options.results_file, run, options.results_file);
    options.files.write(loaded, options.cost);
    if (!other_file.empty()) verify(results, run, loaded, other_file, options.files.on_stdout());
}

}  // namespace

void add_compare(CLI::App& program) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App& command =
        *program.add_subcommand("compare", "Run the same prompts through several models and compare energy per answer");
    command
        .add_option(
            "MODEL", options->models,
            "Two or more GGUF files, Hugging Face folders, model names or servers (http://host/v1#name). Options "
            "for one model follow a colon: MODEL:no_think,max_think=512,label=short. Default: the four bundled "
            "models on held-out puzzles")
        ->expected(2, 16);
    options->add(command);
    add_full(command, options->full);
    CLI::Option* const without =
        command.add_flag("--no-slice", options->no_slice, "Skip the benchmark of a full-size mixture-of-experts layer");
    command
        .add_flag("--slice", options->slice,
                  "Also benchmark one layer of DeepSeek-V2-Lite's shape against dense layers of its active and total "
                  "size (800 MB, about ten seconds); on by default without MODEL")
        ->excludes(without);
    command
        .add_option("--verify", options->other_file,
                    "Check the results against another machine's results file: identical answers, ratios within the "
                    "interval of their difference; exit status 1 if they disagree")
        ->type_name("FILE");
    command.footer(fmt::format(
        "Every model answers every prompt with the same limits (default --max-tokens 512), in randomized ABBA blocks. "
        "All "
        "models use the same sampling settings: those given, else the first model's recommended ones, else greedy.\n\n"
        "Options for one model: {}.\n\n"
        "Examples:\n"
        "  ergon compare --html page.html\n"
        "  ergon compare smollm2-135m-instruct-q4_1 qwen2.5-coder-0.5b-instruct-q4_k_m --limit 5\n"
        "  ergon compare a.gguf b.gguf --prompts puzzles --max-tokens 2000 --json-out findings.json\n"
        "  ergon compare r1.gguf r1.gguf:no_think,label=direct --prompts puzzles",
        lab::contender_options()));
    command.callback([options, &command] {
        if (options->models.empty()) take_shipped(*options, command);
        compare(*options);
    });
}

}  // namespace ergon::cli
