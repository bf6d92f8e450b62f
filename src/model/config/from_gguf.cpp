// Config from GGUF metadata: the keys of each architecture stand under its name, e.g. deepseek2.attention.kv_lora_rank.
// A key has a default only where files of some age leave it out, and then llama.cpp's; all others must be there.

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "base/error.h"
#include "formats/gguf.h"
#include "model/config/config.h"
#include "model/config/config_check.h"
#include "model/weights/tensor_names.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;

/// GGUF keeps reals as F32, but they were decimal numbers once: the shortest decimal that gives the same F32 is taken
/// for the number that was meant (0.0707, not 0.070699997), so that the same model gives the same bits from either file
/// format.
double as_written(double value) {
    const auto narrow = static_cast<float>(value);
    if (static_cast<double>(narrow) != value) return value;
    const std::string shortest = fmt::format("{}", narrow);
    double meant = value;
    std::from_chars(shortest.data(), shortest.data() + shortest.size(), meant);
    return meant;
}

/// The keys under the architecture's name, each checked against its bounds. It remembers which were asked for.
class GgufKeys {
  public:
    explicit GgufKeys(const formats::Gguf& gguf)
        : gguf_(gguf), file_(gguf.path().string()), prefix_(gguf.text("general.architecture") + ".") {}

    const std::string& file() const { return file_; }
    bool has(std::string_view key) const { return gguf_.has(asked(key)); }
    /// GgufKeys that have no say, as others have decided.
    void overrule(std::initializer_list<std::string_view> keys) const {
        for (const std::string_view key : keys) asked(key);
    }
    [[noreturn]] void fail_absent(std::string_view key, std::string_view reason) const {
        fail(ErrorCode::bad_file, "{}: the key {}{} is missing, but {}; convert the model again", file_, prefix_, key,
             reason);
    }
    /// The keys of the file that nobody asked for.
    std::vector<std::string> others() const {
        std::vector<std::string> keys;
        for (const auto& [key, value] : gguf_.metadata()) {
            if (key.starts_with(prefix_) && !asked_.contains(key)) keys.push_back(key);
        }
        return keys;
    }

    std::int64_t count(std::string_view key, std::int64_t high) const {
        const std::string& full = asked(key);
        return check_range(file_, full, gguf_.integer(full), 1, high);
    }
    std::int64_t count_or(std::string_view key, std::int64_t fallback, std::int64_t high) const {
        return has(key) ? count(key, high) : fallback;
    }
    /// Zero is allowed, and what an absent key means.
    std::int64_t count_or_zero(std::string_view key, std::int64_t high) const {
        const std::string& full = asked(key);
        return check_range(file_, full, gguf_.integer(full, 0), 0, high);
    }
    double real(std::string_view key, double low, double high) const {
        const std::string& full = asked(key);
        return as_written(check_range(file_, full, gguf_.real(full), low, high));
    }
    double real_or(std::string_view key, double fallback, double low, double high) const {
        return has(key) ? real(key, low, high) : fallback;
    }
    bool boolean_or(std::string_view key, bool fallback) const { return gguf_.boolean(asked(key), fallback); }
    std::string text_or(std::string_view key, std::string_view fallback) const {
        return gguf_.text(asked(key), fallback);
    }

  private:
    const std::string& asked(std::string_view key) const { return *asked_.insert(prefix_ + std::string(key)).first; }

    const formats::Gguf& gguf_;
    std::string file_;
    std::string prefix_;
    mutable std::set<std::string> asked_;
};

Architecture architecture_of(const formats::Gguf& gguf) {
    constexpr std::array all{Architecture::llama, Architecture::qwen2, Architecture::qwen3, Architecture::deepseek,
                             Architecture::deepseek2};
    const std::string& found = gguf.text("general.architecture");
    for (const Architecture one : all) {
        if (found == name(one)) return one;
    }
    fail_architecture(gguf.path().string(), found, "llama, qwen2, qwen3, deepseek and deepseek2");
}

/// Layers of the model proper: the blocks of multi-token prediction that some files append are not run.
std::int64_t layer_count(const formats::Gguf& gguf, const GgufKeys& keys) {
    std::int64_t layers = keys.count("block_count", max_layers);
    const std::int64_t blocks = layers;
    while (layers > 1 && gguf.find(gguf_name(Part::mtp_projection, layers - 1)) != nullptr) --layers;
    if (keys.has("nextn_predict_layers") && keys.count_or_zero("nextn_predict_layers", max_layers) != blocks - layers) {
        fail(ErrorCode::bad_file,
             "{}: {} of {} blocks should be for multi-token prediction (nextn_predict_layers), but {} are; convert the "
             "model again",
             keys.file(), keys.count_or_zero("nextn_predict_layers", max_layers), blocks, blocks - layers);
    }
    return layers;
}

/// Whether some layer has this bias; then all must.
bool has_bias(const formats::Gguf& gguf, std::string_view name) {
    const std::string ending = fmt::format(".{}.bias", name);
    return std::ranges::any_of(gguf.tensors(), [&](const tensor::TensorView& t) { return t.name.ends_with(ending); });
}

std::int64_t vocabulary_size(const formats::Gguf& gguf, const GgufKeys& keys) {
    if (keys.has("vocab_size")) return keys.count("vocab_size", max_vocabulary);
    const tensor::TensorView* embedding = gguf.find("token_embd.weight");
    const std::int64_t rows = embedding != nullptr && embedding->shape.rank() == 2
                                  ? embedding->shape[0]
                                  : std::ssize(gguf.texts("tokenizer.ggml.tokens"));
    return check_range(keys.file(), "the number of tokens", rows, 1, max_vocabulary);
}

void read_attention(const GgufKeys& keys, Config& c) {
    c.num_attention_heads = keys.count("attention.head_count", max_heads);
    if (!keys.boolean_or("attention.causal", true))
        fail(ErrorCode::unsupported, "{}: attention that is not causal is not supported", keys.file());
    if (!c.is_mla()) {
        c.num_key_value_heads = keys.count_or("attention.head_count_kv", c.num_attention_heads, max_heads);
        c.head_dim = keys.count_or("attention.key_length",
                                   std::max<std::int64_t>(c.hidden_size / c.num_attention_heads, 1), max_head_dim);
        if (keys.count_or("attention.value_length", c.head_dim, max_head_dim) != c.head_dim ||
            keys.count_or("rope.dimension_count", c.head_dim, max_head_dim) != c.head_dim) {
            fail(ErrorCode::unsupported,
                 "{}: heads whose keys, values and rotated part differ in size are not supported for {} (expected {} "
                 "each)",
                 keys.file(), name(c.architecture), c.head_dim);
        }
        return;
    }
    // Files of 2025 and later state the sizes of the absorbed form in key_length, and those of a head under _mla.
    const std::int64_t key = keys.has("attention.key_length_mla") ? keys.count("attention.key_length_mla", max_head_dim)
                                                                  : keys.count("attention.key_length", max_head_dim);
    c.v_head_dim = keys.has("attention.value_length_mla") ? keys.count("attention.value_length_mla", max_head_dim)
                                                          : keys.count("attention.value_length", max_head_dim);
    c.qk_rope_head_dim = keys.count("rope.dimension_count", max_head_dim);
    if (c.qk_rope_head_dim >= key) {
        fail(ErrorCode::bad_file, "{}: {} of a key's {} dimensions are rotated; expected fewer", keys.file(),
             c.qk_rope_head_dim, key);
    }
    c.qk_nope_head_dim = key - c.qk_rope_head_dim;
    c.num_key_value_heads = c.num_attention_heads;
    c.q_lora_rank = keys.count_or_zero("attention.q_lora_rank", max_extent);
    c.kv_lora_rank = keys.count("attention.kv_lora_rank", max_extent);
    keys.overrule({"attention.key_length", "attention.value_length", "attention.head_count_kv"});
}

ScoringFunc scoring_of(const GgufKeys& keys) {
    const std::int64_t code = keys.count_or("expert_gating_func", 1, 1 << 16);
    if (code == 1) return ScoringFunc::softmax;
    if (code == 2) return ScoringFunc::sigmoid;
    fail(ErrorCode::unsupported,
         "{}: expert_gating_func {} is not supported; supported are 1 (softmax) and 2 (sigmoid)", keys.file(), code);
}

void read_experts(const GgufKeys& keys, bool corrected, Config& c) {
    c.n_routed_experts = keys.count_or_zero("expert_count", max_experts);
    if (c.n_routed_experts == 0) {
        keys.overrule({"expert_used_count", "expert_shared_count", "expert_feed_forward_length", "expert_gating_func",
                       "expert_group_count", "expert_group_used_count", "expert_weights_norm", "expert_weights_scale",
                       "leading_dense_block_count"});
        return;
    }
    if (c.architecture != Architecture::deepseek && c.architecture != Architecture::deepseek2) {
        fail(ErrorCode::unsupported, "{}: experts are supported for deepseek and deepseek2, not for {}", keys.file(),
             name(c.architecture));
    }
    c.num_experts_per_tok = keys.count("expert_used_count", max_experts);
    c.n_shared_experts = keys.count_or_zero("expert_shared_count", max_experts);
    c.moe_intermediate_size = keys.count("expert_feed_forward_length", max_extent);
    c.first_k_dense_replace = keys.count_or_zero("leading_dense_block_count", max_layers);
    c.scoring_func = scoring_of(keys);
    c.n_group = keys.count_or("expert_group_count", 1, max_experts);
    if (c.n_group > 1 && !keys.has("expert_group_used_count"))
        keys.fail_absent("expert_group_used_count", fmt::format("there are {} groups of experts", c.n_group));
    c.topk_group = keys.count_or("expert_group_used_count", 1, max_experts);
    if (c.scoring_func == ScoringFunc::sigmoid && (c.n_group > 1 || corrected)) {
        c.topk_method = TopkMethod::noaux_tc;  // then every layer of experts must have its correction bias
    } else if (c.n_group > 1) {
        c.topk_method = TopkMethod::group_limited_greedy;
    }
    // Files of DeepSeek-V2 from before V3 do not have it; there it means false.
    if (c.scoring_func == ScoringFunc::sigmoid && !keys.has("expert_weights_norm"))
        keys.fail_absent("expert_weights_norm", "experts are scored by a sigmoid (expert_gating_func 2)");
    c.norm_topk_prob = keys.boolean_or("expert_weights_norm", false);
    c.routed_scaling_factor = keys.real("expert_weights_scale", 0, 1e6);
    if (c.routed_scaling_factor == 0) c.routed_scaling_factor = 1;  // files without scaling say 0
}

void read_rope(const GgufKeys& keys, Config& c) {
    // Old files of Llama leave it out.
    c.rope_theta = c.architecture == Architecture::llama ? keys.real_or("rope.freq_base", 10000, 1, 1e15)
                                                         : keys.real("rope.freq_base", 1, 1e15);
    keys.overrule({"rope.scaling.finetuned"});
    if (!keys.has("rope.scaling.type")) {
        for (const std::string_view key :
             {"factor", "original_context_length", "yarn_log_multiplier", "yarn_beta_fast", "yarn_beta_slow"}) {
            if (const std::string full = fmt::format("rope.scaling.{}", key); keys.has(full))
                keys.fail_absent("rope.scaling.type", fmt::format("{} is there", full));
        }
        return;
    }
    const std::string type = keys.text_or("rope.scaling.type", "none");
    RopeScaling& s = c.rope_scaling;
    if (type == "none" || type == "linear") {
        keys.overrule({"rope.scaling.factor", "rope.scaling.original_context_length"});
        if (type == "none") return;
        s.type = RopeType::linear;
        s.factor = keys.real("rope.scaling.factor", 1e-3, 1e6);
        return;
    }
    if (type != "yarn") {
        fail(ErrorCode::unsupported, "{}: rope scaling '{}' is not supported; supported are none, linear and yarn",
             keys.file(), type.substr(0, 100));
    }
    s.type = RopeType::yarn;
    s.factor = keys.real("rope.scaling.factor", 1e-3, 1e6);
    s.original_max_position_embeddings =
        static_cast<double>(keys.count("rope.scaling.original_context_length", max_context));
    s.beta_fast = keys.real_or("rope.scaling.yarn_beta_fast", s.beta_fast, 1e-6, 1e6);
    s.beta_slow = keys.real_or("rope.scaling.yarn_beta_slow", s.beta_slow, 1e-6, 1e6);
    for (const std::string_view key : {"yarn_ext_factor", "yarn_attn_factor", "attn_factor"}) {
        const std::string full = fmt::format("rope.scaling.{}", key);
        if (keys.real_or(full, 1, -1e6, 1e6) == 1) continue;
        fail(ErrorCode::unsupported, "{}: {} is not supported where it is not 1", keys.file(), full);
    }
    if (c.is_mla()) {
        // The key holds 0.1 * mscale_all_dim; converters require mscale to be the same.
        s.mscale = s.mscale_all_dim = 10 * keys.real("rope.scaling.yarn_log_multiplier", 0, 1e3);
    }
}

Config read(const formats::Gguf& gguf, const GgufKeys& keys) {
    Config c;
    c.architecture = architecture_of(gguf);
    c.num_hidden_layers = layer_count(gguf, keys);
    c.hidden_size = keys.count("embedding_length", max_extent);
    c.intermediate_size = keys.count("feed_forward_length", max_extent);
    c.max_position_embeddings = keys.count("context_length", max_context);
    c.sliding_window = keys.count_or_zero("attention.sliding_window", max_context);
    c.vocab_size = vocabulary_size(gguf, keys);
    c.rms_norm_eps = keys.real("attention.layer_norm_rms_epsilon", min_epsilon, 1);
    c.tie_word_embeddings = !gguf.tensors().empty() && gguf.find("output.weight") == nullptr;
    c.qkv_bias = c.architecture == Architecture::qwen2 || has_bias(gguf, "attn_q") || has_bias(gguf, "attn_k") ||
                 has_bias(gguf, "attn_v");
    c.o_bias = has_bias(gguf, "attn_output");
    read_attention(keys, c);
    read_experts(keys, gguf.tensors().empty() || has_bias(gguf, "exp_probs_b"), c);
    read_rope(keys, c);
    check_consistency(keys.file(), c);
    return c;
}

}  // namespace

Config read_config(const formats::Gguf& gguf) {
    return read(gguf, GgufKeys(gguf));
}

std::vector<std::string> unused_keys(const formats::Gguf& gguf) {
    const GgufKeys keys(gguf);
    read(gguf, keys);
    keys.overrule({"tensor_data_layout", "pooling_type"});  // how the first converter stored q and k; for embeddings
    return keys.others();
}

}  // namespace ergon::model
