// ergon perplexity MODEL FILE: how well a model foretells a text.

#include "engine/perplexity.h"

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/generation_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/options/thread_options.h"
#include "cli/terminal/progress.h"
#include "engine/chat_prompt.h"

namespace ergon::cli {
namespace {

struct PerplexityOptions {
    std::string model, file;
    std::int64_t window = 512;
    ThreadOption threads;
    model::CacheType cache = model::CacheType::f16;
    model::LoadOptions load;
    DataOutput json;
};

void perplexity(const PerplexityOptions& options) {
    check_outputs(options.json.outputs(), {find_model(options.model).string(), options.file});
    const std::string text = base::read_text(options.file);
    base::ThreadPool pool(options.threads.pool());
    const engine::LoadedModel model = engine::load_model(find_model(options.model), options.load, pool);
    print_unused(model.name, model.unused);
    const ThreadChoice threads = options.threads.choose(model, options.cache, options.load);
    const std::vector<model::TokenId> ids = raw_prompt(model.chat, text);
    Progress progress("windows");
    const engine::Perplexity result =
        engine::perplexity(*model.model, pool, ids, options.window, options.cache,
                           [&](const engine::Perplexity& so_far, std::int64_t all) {
                               progress.show(so_far.windows, all, fmt::format("perplexity {:.3f}", so_far.value));
                           });
    progress.clear();
    if (options.json.asked()) {
        base::Json json{{"perplexity", result.value},
                        {"tokens", result.tokens},
                        {"window", options.window},
                        {"threads", threads.json()}};
        if (!model.unused.empty()) json["unused"] = model.unused;
        options.json.write(base::json_text(json) + "\n");
    }
    if (!options.json.on_stdout()) {
        base::print("perplexity {:.4f} over {} tokens (the second halves of {} windows of {}); {}\n", result.value,
                    result.tokens, result.windows, options.window, threads.text());
    }
}

}  // namespace

void add_perplexity(CLI::App& program) {
    auto options = std::make_shared<PerplexityOptions>();
    CLI::App& command = *program.add_subcommand("perplexity", "Compute perplexity on a text");
    add_model(command, options->model);
    command.add_option("FILE", options->file, "A text file")->required();
    command.add_option("--window", options->window, "Window size in tokens; its second half is scored")
        ->check(CLI::Range(2, 1 << 24))
        ->capture_default_str();
    options->threads.add(command);
    add_cache(command, options->cache);
    add_loading(command, options->load);
    options->json.add_json(command, "perplexity, tokens, window and threads");
    command.footer(
        "The text is split into non-overlapping windows; each is run alone and scored on its second half. A BOS token "
        "is "
        "prepended to the text if the model requires one.\n\n"
        "Example:\n"
        "  ergon perplexity model.gguf text.txt --window 512");
    command.callback([options] { perplexity(*options); });
}

}  // namespace ergon::cli
