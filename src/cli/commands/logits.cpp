// ergon logits MODEL --ids FILE.json --out FILE.safetensors: what a model computes, for checks.

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/memory.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/generation_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "formats/safetensors.h"
#include "model/load.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using tensor::DType;
using tensor::TensorView;

struct LogitsOptions {
    std::string model, ids, out;
    bool hidden = false;
    int threads = 1;
    model::CacheType cache = model::CacheType::f32;
    model::LoadOptions load;
};

std::vector<model::TokenId> read_ids(const std::string& file, std::int64_t vocabulary) {
    const base::Json array = base::read_json(file);
    if (!array.is_array() || array.empty()) {
        base::fail(ErrorCode::bad_file, "{}: expected a JSON array of at least one token id.", file);
    }
    std::vector<model::TokenId> ids;
    for (const base::Json& item : array) {
        if (!item.is_number_integer() || item < 0 || item >= vocabulary) {
            base::fail(ErrorCode::bad_file, "{}: item {} is {}; expected a token id from 0 to {}.", file, ids.size(),
                       base::json_text(item).substr(0, 100), vocabulary - 1);
        }
        ids.push_back(item.get<model::TokenId>());
    }
    return ids;
}

void check_memory(const LogitsOptions& options, const model::Model& model, std::int64_t tokens) {
    const model::Config& c = model.config();
    const std::int64_t hidden = options.hidden ? (c.num_hidden_layers + 1) * c.hidden_size : 0;
    const base::Bytes needed(tokens * (c.vocab_size + hidden) * std::int64_t{sizeof(float)});
    if (needed > base::available_memory()) {
        base::fail(ErrorCode::out_of_budget,
                   "the results for {} tokens take {} of memory, but only {} are free; give fewer ids.", tokens,
                   base::readable(needed), base::readable(base::available_memory()));
    }
}

void logits(const LogitsOptions& options) {
    check_outputs({options.out}, {options.ids, find_model(options.model).string()});
    base::ThreadPool pool(options.threads);
    const auto model = model::load(find_model(options.model), options.load, pool);
    print_unused(options.model, model->unused());
    const std::vector<model::TokenId> ids = read_ids(options.ids, model->vocabulary());
    const std::int64_t tokens = std::ssize(ids);
    const auto cache = model->make_cache(tokens, options.cache);
    check_memory(options, *model, tokens);
    const model::StepItem item{cache.get(), ids, model::Role::prompt, tokens};
    std::vector<float> values;
    model::HiddenStates hidden;
    energy::WorkAccount account;
    model->forward({&item, 1}, values, account, options.hidden ? &hidden : nullptr);

    const model::Config& c = model->config();
    std::vector<TensorView> results{{"logits", DType::f32, {tokens, c.vocab_size}, std::as_bytes(std::span(values))}};
    if (options.hidden) {
        results.push_back({"hidden",
                           DType::f32,
                           {c.num_hidden_layers + 1, tokens, c.hidden_size},
                           std::as_bytes(std::span(hidden.values))});
    }
    if (!is_stdout(options.out)) return formats::write_safetensors(options.out, results);
    const auto print = [](std::span<const std::byte> bytes) {
        base::write_data(base::Stream::out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    };
    formats::write_safetensors(print, "stdout", results);
}

}  // namespace

void add_logits(CLI::App& program) {
    auto options = std::make_shared<LogitsOptions>();
    CLI::App& command = *program.add_subcommand("logits", "Write the logits of a model for given token ids");
    add_model(command, options->model);
    command.add_option("--ids", options->ids, "A JSON array of token ids")->required()->type_name("FILE.json");
    command.add_option("--out", options->out, "Output file: logits [tokens, vocabulary] in F32; - is stdout")
        ->required()
        ->type_name("FILE.safetensors");
    command.add_flag(
        "--hidden", options->hidden,
        "Also write hidden [layers + 1, tokens, hidden size]: the input embedding, then the residual stream after each "
        "layer");
    add_threads(command, options->threads);
    add_cache(command, options->cache);
    command.get_option("--cache")->option_text("f16|f32 [f32]");
    add_loading(command, options->load);
    command.footer(
        "Processes the whole sequence as a prompt. Works on models without a tokenizer.\n\n"
        "Example:\n"
        "  echo '[1, 2, 3]' > ids.json\n"
        "  ergon logits model.gguf --ids ids.json --out logits.safetensors");
    command.callback([options] { logits(*options); });
}

}  // namespace ergon::cli
