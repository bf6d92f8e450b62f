// ergon compare MODEL MODEL...: the same prompts to each, what every answer cost, and what the ratio is made of.

#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/experiment_options.h"
#include "cli/verify.h"

namespace ergon::cli {
namespace {

constexpr std::int64_t shipped_puzzles = 40;
constexpr std::int64_t shipped_max_tokens = 480;  // with the longest question it fits their context

/// The experiment that ships: {dense, sparse} x {direct, thinking}, trained alike, on puzzles that none of them has
/// seen.
void take_shipped(ExperimentOptions& options, const CLI::App& command) {
    options.models = {"ergon-dense-direct", "ergon-dense-think", "ergon-moe-direct", "ergon-moe-think"};
    if (options.files.factors.empty())
        options.files.factors = {"experts=dense,dense,sparse,sparse", "thinking=no,yes,no,yes"};
    if (command.count("--prompts") == 0) options.tasks_named = {"held-out"};
    if (options.limit == 0) options.limit = shipped_puzzles;
    if (!options.answer.max_tokens) options.answer.max_tokens = shipped_max_tokens;
}

void compare(const ExperimentOptions& options, const std::string& other_file) {
    if (!other_file.empty() && !std::filesystem::exists(other_file)) {
        base::fail(base::ErrorCode::not_found, "There is no results file {} to verify against.", other_file);
    }
    const std::vector<lab::Factor> design = options.files.design();
    lab::Results results(options.results_file);
    const lab::RunId run = options.run(results);
    const lab::LoadedRun loaded = lab::load_run(results, run, design);
    print_findings(loaded, options.cost);
    std::fflush(stdout);  // the table first, where both go to one place
    fmt::print(stderr, "Every answer is kept in {} (run {}).\n", options.results_file, run);
    options.files.write(loaded, options.cost);
    if (!other_file.empty()) verify(results, run, loaded, other_file);
}

}  // namespace

void add_compare(CLI::App& program) {
    auto options = std::make_shared<ExperimentOptions>();
    CLI::App& command = *program.add_subcommand("compare", "Ask models the same and compare what their answers cost");
    command
        .add_option("MODEL", options->models,
                    "GGUF files, Hugging Face folders, names of models: two or more. Options of one contender follow a "
                    "colon: MODEL:no_think,max_think=512,label=short. None: the four small models that ship, on "
                    "puzzles that they have not seen")
        ->expected(2, 16);
    options->add(command, "--prompts");
    auto other_file = std::make_shared<std::string>();
    command
        .add_option("--verify", *other_file,
                    "Then say whether the results of another machine agree: answers to the bit, ratios within the "
                    "interval of their difference; exit code 1 if not")
        ->type_name("FILE");
    command.footer(fmt::format(
        "Every model answers every prompt under the same caps (--max-tokens 512 unless given), in blocks of "
        "turns whose order is random and reversed (ABBA). Sampling is shared: what is not given of it is what "
        "the first model that recommends any recommends, for all; greedy if none does.\n\n"
        "Options of a contender: {}.\n\n"
        "Examples:\n"
        "  ergon compare --html page.html\n"
        "  ergon compare smollm2-135m-instruct-q4_1 qwen2.5-coder-0.5b-instruct-q4_k_m --limit 5\n"
        "  ergon compare a.gguf b.gguf --prompts puzzles --max-tokens 2000 --json findings.json\n"
        "  ergon compare r1.gguf r1.gguf:no_think,label=direct --prompts puzzles",
        lab::contender_options()));
    command.callback([options, other_file, &command] {
        if (options->models.empty()) take_shipped(*options, command);
        compare(*options, *other_file);
    });
}

}  // namespace ergon::cli
