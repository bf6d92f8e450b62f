// ergon profile MODEL: where time, bytes and joules go, against the machine's limits.

#include "lab/profile.h"

#include <fmt/format.h>
#include <memory>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/generation_options.h"
#include "cli/model_path.h"

namespace ergon::cli {
namespace {

struct ProfileOptions {
    std::string model;
    lab::ProfileSettings settings;
    model::LoadOptions load;
    bool json = false;
};

void run_profile(ProfileOptions options) {
    options.settings.version = version();
    base::ThreadPool pool(options.settings.threads);
    const engine::LoadedModel model = engine::load_model(find_model(options.model), options.load, pool);
    fmt::print(stderr, "Measuring what this machine can do...\n");
    const lab::MachineLimits limits = lab::Workloads().limits(options.settings.threads);
    energy::Meter meter;
    fmt::print(stderr, "Running {}...\n", model.name);
    const lab::Profile profile = lab::profile(model, meter, limits, options.settings);
    if (options.json) {
        fmt::print("{}\n", lab::profile_json(profile).dump(2));
    } else {
        fmt::print("{}", lab::profile_table(profile));
    }
}

}  // namespace

void add_profile(CLI::App& program) {
    auto options = std::make_shared<ProfileOptions>();
    CLI::App& command =
        *program.add_subcommand("profile", "Where a model's time, bytes and joules go, part by part");
    add_model(command, options->model);
    command.add_option("--prompt-tokens", options->settings.prompt_tokens, "Tokens that each sequence reads")
        ->check(CLI::Range(std::int64_t{1}, most_tokens))
        ->capture_default_str();
    command.add_option("--tokens", options->settings.tokens, "Tokens that each sequence generates")
        ->check(CLI::Range(std::int64_t{1}, most_tokens))
        ->capture_default_str();
    command.add_option("--batch", options->settings.batch, "Sequences side by side")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
        ->capture_default_str();
    add_threads(command, options->settings.threads);
    add_cache(command, options->settings.cache);
    add_strict(command, options->load);
    command.add_flag("--json", options->json, "Print one JSON object instead of the table");
    command.footer("Example:\n  ergon profile qwen2.5-coder-0.5b-instruct-q4_k_m --batch 4");
    command.callback([options] { run_profile(*options); });
}

}  // namespace ergon::cli
