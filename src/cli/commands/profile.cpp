// ergon profile MODEL: where time, bytes and joules go, against the machine's limits.

#include "profile/profile.h"

#include <array>
#include <fmt/format.h>
#include <memory>

#include "base/json/json_text.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/options/thread_options.h"

namespace ergon::cli {
namespace {

struct ProfileOptions {
    std::string model;
    ThreadOption threads;
    profile::ProfileSettings settings;
    model::LoadOptions load;
    DataOutput json;
    std::string page;
};

using Limits = std::array<profile::MachineLimits, 2>;

/// With the threads that read, and with those that generate.
Limits measure(const profile::Workloads& workloads, const model::StepThreads& threads, base::Bytes weights) {
    const profile::MachineLimits reading = workloads.limits(threads.many, weights);
    return {reading, threads.few == threads.many ? reading : workloads.limits(threads.few, weights)};
}

void run_profile(ProfileOptions options) {
    std::vector<std::string> outputs = options.json.outputs();
    outputs.push_back(options.page);
    check_outputs(outputs, {find_model(options.model).string()});
    options.settings.version = version_and_commit();
    base::ThreadPool pool(options.threads.pool());
    const engine::LoadedModel model = engine::load_model(find_model(options.model), options.load, pool);
    const ThreadChoice threads = options.threads.choose(model, options.settings.cache, options.load);
    print_unused(model.name, model.unused);
    base::tell("{}: {}.", model.name, threads.text());
    options.settings.threads = threads.threads;
    base::tell("Measuring this machine's limits...");
    const profile::Workloads workloads;
    const Limits before = measure(workloads, threads.threads, model.weight_bytes);
    energy::Meter meter(machine_options());
    base::tell("Running {}...", model.name);
    profile::Profile profile = profile::profile(model, meter, options.settings);
    // Once more, since what else ran a moment ago may have ended: a limit that is too low makes everything look good.
    const Limits after = measure(workloads, threads.threads, model.weight_bytes);
    for (std::size_t i = 0; i < before.size(); ++i) profile.phases[i].limits = profile::best_of(before[i], after[i]);
    if (options.json.asked()) {
        auto json = profile::profile_json(profile);
        if (!model.unused.empty()) json["unused"] = model.unused;
        options.json.write(base::json_text(json, 2) + "\n");
    }
    if (!any_is_stdout(outputs)) base::print("{}", profile::profile_table(profile));
    if (!options.page.empty()) {
        write_output(options.page, profile::profile_page(profile));
        if (!is_stdout(options.page)) base::tell("The page is in {}.", options.page);
    }
}

}  // namespace

void add_profile(CLI::App& program) {
    auto options = std::make_shared<ProfileOptions>();
    CLI::App& command =
        *program.add_subcommand("profile", "Break down time, memory traffic and energy by model component");
    add_model(command, options->model);
    command.add_option("--prompt-tokens", options->settings.prompt_tokens, "Prompt tokens per sequence")
        ->check(CLI::Range(std::int64_t{1}, max_token_count))
        ->capture_default_str();
    command.add_option("--generate-tokens", options->settings.tokens, "Generated tokens per sequence")
        ->check(CLI::Range(std::int64_t{1}, max_token_count))
        ->capture_default_str();
    command.add_option("--batch", options->settings.batch, "Batch size: sequences processed together")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
        ->capture_default_str();
    options->threads.add(command);
    add_cache(command, options->settings.cache);
    add_loading(command, options->load);
    options->json.add_json(command, "the profile");
    command.add_option("--html", options->page, "Also write a page with charts; - is stdout")->type_name("FILE");
    command.footer(
        "The machine's limits (memory bandwidth over as many bytes as the weights, F32 and int8 multiply-adds) are "
        "measured "
        "before and after, with the same threads.\n\n"
        "Examples:\n"
        "  ergon profile qwen2.5-coder-0.5b-instruct-q4_k_m --html profile.html\n"
        "  ergon profile model.gguf --prompt-tokens 1000 --generate-tokens 100 --batch 4");
    command.callback([options] { run_profile(*options); });
}

}  // namespace ergon::cli
