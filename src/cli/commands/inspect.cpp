// ergon inspect FILE: what is in a model file.

#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/model_path.h"
#include "cli/options/model_purpose.h"
#include "cli/options/output_files.h"
#include "engine/loaded_model.h"
#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "formats/safetensors.h"
#include "model/attention/kv_cache.h"
#include "model/config/config.h"
#include "model/weights/unused_tensors.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::cli {
namespace {

using base::Json;
using model::CacheType;
using model::Config;

struct InspectOptions {
    std::string model;
    DataOutput json;
};

/// All that could be found out. What could not says why in `problems`.
struct Findings {
    std::filesystem::path path;
    std::string format;
    std::string title;         // the name that the file gives itself
    std::string purpose;       // what the model is for
    std::string architecture;  // as the file spells it
    std::optional<Config> config;
    std::span<const tensor::TensorView> tensors;
    std::optional<text::Tokenizer> tokenizer;
    std::vector<std::string> problems;

    /// Runs `find`; what it throws becomes a problem.
    template <typename Find>
    void attempt(const Find& find) {
        try {
            find();
        } catch (const base::Error& error) {
            problems.emplace_back(error.what());
        }
    }
};

void look_into(const formats::Gguf& file, Findings& found) {
    found.format = fmt::format("GGUF version {}", file.version());
    found.title = file.text("general.name", "");
    found.architecture = file.text("general.architecture", "");
    found.tensors = file.tensors();
    found.attempt([&] { found.config = model::read_config(file); });
    if (found.config)
        found.attempt([&] { model::refuse_unused(file.path().string(), "metadata key", model::unused_keys(file)); });
    const std::string kind = file.text("tokenizer.ggml.model", "none");
    if (kind != "none") found.attempt([&] { found.tokenizer = text::Tokenizer::from_gguf(file); });
    if (!file.missing_data().empty()) found.problems.push_back(file.missing_data());
}

void look_into(const formats::HfFolder& folder, formats::Safetensors& weights, Findings& found) {
    found.format = "Hugging Face folder";
    const auto names = folder.config.find("architectures");
    if (names != folder.config.end() && names->is_array() && !names->empty() && names->front().is_string()) {
        found.architecture = names->front();
    }
    found.attempt([&] { found.config = model::read_config(folder); });
    found.attempt([&] {
        weights = formats::Safetensors::open_folder(folder.path);
        found.tensors = weights.tensors();
    });
    if (base::path_exists(folder.tokenizer_json())) {
        found.attempt([&] { found.tokenizer = text::Tokenizer::from_folder(folder); });
    }
}

struct TypeTotal {
    std::int64_t tensors = 0, parameters = 0, bytes = 0;
};
std::map<tensor::DType, TypeTotal> totals_by_type(std::span<const tensor::TensorView> tensors) {
    std::map<tensor::DType, TypeTotal> totals;
    for (const tensor::TensorView& view : tensors) {
        TypeTotal& total = totals[view.type];
        ++total.tensors;
        total.parameters += view.shape.values();
        total.bytes += tensor::storage_bytes(view.type, view.shape.values()).value_or(0);
    }
    return totals;
}

std::int64_t cache_bytes(const Config& config, CacheType type) {
    return 1000 * model::cache_bytes_per_token(model::CacheShape(config), type).value();
}

std::string_view topk_name(model::TopkMethod method) {
    switch (method) {
        case model::TopkMethod::greedy: return "greedy";
        case model::TopkMethod::group_limited_greedy: return "group_limited_greedy";
        case model::TopkMethod::noaux_tc: return "noaux_tc";
    }
    return "";
}

std::string_view rope_name(model::RopeType type) {
    switch (type) {
        case model::RopeType::none: return "none";
        case model::RopeType::linear: return "linear";
        case model::RopeType::llama3: return "llama3";
        case model::RopeType::yarn: return "yarn";
    }
    return "";
}

Json shapes_json(const Config& c) {
    Json json{{"vocab_size", c.vocab_size},
              {"hidden_size", c.hidden_size},
              {"intermediate_size", c.intermediate_size},
              {"num_hidden_layers", c.num_hidden_layers},
              {"num_attention_heads", c.num_attention_heads},
              {"context_length", c.context_length()},
              {"rms_norm_eps", c.rms_norm_eps},
              {"rope_theta", c.rope_theta},
              {"rope_scaling", rope_name(c.rope_scaling.type)},
              {"tie_word_embeddings", c.tie_word_embeddings}};
    if (c.is_mla()) {
        json.update({{"q_lora_rank", c.q_lora_rank},
                     {"kv_lora_rank", c.kv_lora_rank},
                     {"qk_nope_head_dim", c.qk_nope_head_dim},
                     {"qk_rope_head_dim", c.qk_rope_head_dim},
                     {"v_head_dim", c.v_head_dim}});
    } else {
        json.update({{"num_key_value_heads", c.num_key_value_heads}, {"head_dim", c.head_dim}});
    }
    if (c.n_routed_experts > 0) {
        json.update({{"n_routed_experts", c.n_routed_experts},
                     {"num_experts_per_tok", c.num_experts_per_tok},
                     {"n_shared_experts", c.n_shared_experts},
                     {"moe_intermediate_size", c.moe_intermediate_size},
                     {"first_k_dense_replace", c.first_k_dense_replace},
                     {"scoring_func", c.scoring_func == model::ScoringFunc::softmax ? "softmax" : "sigmoid"},
                     {"topk_method", topk_name(c.topk_method)},
                     {"n_group", c.n_group},
                     {"topk_group", c.topk_group},
                     {"norm_topk_prob", c.norm_topk_prob},
                     {"routed_scaling_factor", c.routed_scaling_factor}});
    }
    return json;
}

Json tokenizer_json(const text::Tokenizer& tokenizer) {
    const auto token = [&](std::optional<text::TokenId> id) -> Json {
        if (!id) return nullptr;
        return {{"id", *id}, {"text", std::string(tokenizer.bytes(*id))}};
    };
    return {{"pre_tokenizer", std::string(tokenizer.pre_tokenizer())},
            {"tokens", tokenizer.size()},
            {"bos", token(tokenizer.bos())},
            {"eos", token(tokenizer.eos())},
            {"adds_bos", tokenizer.adds_bos()}};
}

Json as_json(const Findings& found) {
    Json json{{"path", found.path.string()},
              {"format", found.format},
              {"name", found.title},
              {"purpose", found.purpose.empty() ? Json() : Json(found.purpose)},
              {"architecture", found.architecture}};
    json["shapes"] = found.config ? shapes_json(*found.config) : Json();
    json["parameters"] = nullptr;
    json["cache_bytes_per_1000_tokens"] = nullptr;
    if (found.config) {
        const model::ParameterCount count = model::count_parameters(*found.config);
        json["parameters"] = {{"total", count.total}, {"active", count.active}};
        json["cache_bytes_per_1000_tokens"] = {{"f16", cache_bytes(*found.config, CacheType::f16)},
                                               {"f32", cache_bytes(*found.config, CacheType::f32)}};
    }
    Json types = Json::array();
    std::int64_t bytes = 0;
    for (const auto& [type, total] : totals_by_type(found.tensors)) {
        types.push_back({{"type", tensor::name(type)},
                         {"tensors", total.tensors},
                         {"parameters", total.parameters},
                         {"bytes", total.bytes}});
        bytes += total.bytes;
    }
    json["tensors"] = {{"count", found.tensors.size()}, {"bytes", bytes}, {"types", types}};
    json["tokenizer"] = found.tokenizer ? tokenizer_json(*found.tokenizer) : Json();
    const bool has_template = found.tokenizer && !found.tokenizer->chat_template().empty();
    json["chat_template"] = has_template ? Json(found.tokenizer->chat_template()) : Json();
    json["problems"] = found.problems;
    return json;
}

// Of what the file says in its own words; more would hide the rest (assumed).
constexpr std::size_t longest_text = 400;

void line(std::string_view label, const std::string& text) {
    base::print("  {:<14} {}\n", label, base::visible_line(text, longest_text));
}

void print_shapes(const Config& c) {
    line("layers",
         fmt::format("{}, hidden size {}, feed-forward {}", c.num_hidden_layers, c.hidden_size, c.intermediate_size));
    if (c.is_mla()) {
        line("attention",
             fmt::format("latent, {} heads of {} + {} (values {}), latent rank {}{}", c.num_attention_heads,
                         c.qk_nope_head_dim, c.qk_rope_head_dim, c.v_head_dim, c.kv_lora_rank,
                         c.q_lora_rank > 0 ? fmt::format(", query rank {}", c.q_lora_rank) : ""));
    } else {
        line("attention", fmt::format("{} heads of {}, {} of keys and values", c.num_attention_heads, c.head_dim,
                                      c.num_key_value_heads));
    }
    if (c.n_routed_experts > 0) {
        line("experts", fmt::format("{} of {} chosen ({}), {} shared, feed-forward {}, from layer {} on",
                                    c.num_experts_per_tok, c.n_routed_experts, topk_name(c.topk_method),
                                    c.n_shared_experts, c.moe_intermediate_size, c.first_k_dense_replace));
    }
    line("vocabulary",
         fmt::format("{} tokens{}", c.vocab_size, c.tie_word_embeddings ? ", output head tied to the embedding" : ""));
    line("context", fmt::format("{} tokens, rope scaling {}", c.context_length(), rope_name(c.rope_scaling.type)));
    const model::ParameterCount count = model::count_parameters(c);
    line("parameters", count.active == count.total
                           ? fmt::format("{}, all active", base::readable_count(count.total))
                           : fmt::format("{}, {} active for each token", base::readable_count(count.total),
                                         base::readable_count(count.active)));
    line("cache", fmt::format("{} for 1,000 tokens of context in F16, {} in F32",
                              base::readable(base::Bytes(cache_bytes(c, CacheType::f16))),
                              base::readable(base::Bytes(cache_bytes(c, CacheType::f32)))));
}

void print_tensors(std::span<const tensor::TensorView> tensors) {
    std::int64_t bytes = 0;
    const auto totals = totals_by_type(tensors);
    for (const auto& [type, total] : totals) bytes += total.bytes;
    line("tensors", fmt::format("{}, {}", tensors.size(), base::readable(base::Bytes(bytes))));
    for (const auto& [type, total] : totals) {
        line("", fmt::format("{:<8} {:>6} tensors {:>16} {:>10}", tensor::name(type), total.tensors,
                             base::readable_count(total.parameters), base::readable(base::Bytes(total.bytes))));
    }
}

void print_tokenizer(const text::Tokenizer& tokenizer) {
    const auto token = [&](std::string_view label, std::optional<text::TokenId> id) {
        return id ? fmt::format(", {} {} ({})", label, tokenizer.bytes(*id), *id) : "";
    };
    line("tokenizer", fmt::format("{} tokens, pre-tokeniser {}{}{}", tokenizer.size(), tokenizer.pre_tokenizer(),
                                  token("begins with", tokenizer.adds_bos() ? tokenizer.bos() : std::nullopt),
                                  token("ends with", tokenizer.eos())));
    const std::size_t characters = tokenizer.chat_template().size();
    line("chat template", characters > 0 ? fmt::format("{} bytes", characters) : "none");
}

void print(const Findings& found) {
    base::print("{}: {}\n", base::visible_line(found.path.string(), longest_text), found.format);
    if (!found.title.empty()) line("name", found.title);
    if (!found.purpose.empty()) line("purpose", found.purpose);
    line("architecture", found.architecture.empty() ? "not stated" : found.architecture);
    if (found.config) print_shapes(*found.config);
    print_tensors(found.tensors);
    if (found.tokenizer) {
        print_tokenizer(*found.tokenizer);
    } else {
        line("tokenizer", "none");
    }
    for (const std::string& problem : found.problems) line("note", problem);
}

void inspect(const InspectOptions& options) {
    Findings found;
    found.path = find_model(options.model);
    found.purpose = model_purpose(found.path);
    check_outputs(options.json.outputs(), {found.path.string()});
    const bool folder = base::is_folder(found.path);
    formats::Safetensors weights;
    std::optional<formats::Gguf> file;
    if (folder) {
        look_into(formats::HfFolder::open(found.path), weights, found);
    } else {
        file = formats::Gguf::open(found.path, formats::Truncated::metadata_only);
        look_into(*file, found);
    }
    if (found.tokenizer && found.config)
        found.attempt([&] { engine::check_vocabulary(found.path, found.tokenizer->size(), found.config->vocab_size); });
    if (options.json.asked()) options.json.write(base::json_text(as_json(found), 2) + "\n");
    if (!options.json.on_stdout()) print(found);
}

}  // namespace

void add_inspect(CLI::App& program) {
    auto options = std::make_shared<InspectOptions>();
    CLI::App& command = *program.add_subcommand("inspect", "Show the contents of a model file");
    command.add_option("FILE", options->model, "A GGUF file, Hugging Face folder or model name")->required();
    options->json.add_json(command, "the contents");
    command.footer(
        "Also works on files whose weights are truncated or missing; problems are listed.\n\n"
        "Example:\n"
        "  ergon inspect model.gguf");
    command.callback([options] { inspect(*options); });
}

}  // namespace ergon::cli
