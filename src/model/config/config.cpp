#include "model/config/config.h"

#include <array>

#include "base/error.h"
#include "model/config/config_check.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;

void check_attention(std::string_view file, const Config& c) {
    if (c.is_mla()) return;
    if (c.num_attention_heads % c.num_key_value_heads != 0) {
        fail(ErrorCode::bad_file,
             "{}: {} attention heads cannot share {} key-value heads evenly; the configuration is damaged", file,
             c.num_attention_heads, c.num_key_value_heads);
    }
}

void check_rope(std::string_view file, const Config& c) {
    if (c.rope_dim() % 2 != 0) {
        fail(ErrorCode::bad_file, "{}: {} dimensions of a head are rotated in pairs; expected an even number", file,
             c.rope_dim());
    }
    const RopeScaling& s = c.rope_scaling;
    if (s.type == RopeType::llama3 && s.high_freq_factor <= s.low_freq_factor) {
        fail(ErrorCode::bad_file, "{}: rope scaling has high_freq_factor {} not above low_freq_factor {}", file,
             s.high_freq_factor, s.low_freq_factor);
    }
}

void check_experts(std::string_view file, const Config& c) {
    if (c.n_routed_experts == 0) return;
    if (c.num_experts_per_tok > c.n_routed_experts) {
        fail(ErrorCode::bad_file, "{}: {} experts per token are asked for, but there are only {}", file,
             c.num_experts_per_tok, c.n_routed_experts);
    }
    if (c.n_routed_experts % c.n_group != 0 || c.topk_group > c.n_group) {
        fail(ErrorCode::bad_file,
             "{}: {} experts in {} groups, of which {} are kept: expected groups of equal size and no more kept than "
             "there are",
             file, c.n_routed_experts, c.n_group, c.topk_group);
    }
    if (c.num_experts_per_tok > c.n_routed_experts / c.n_group * c.topk_group) {
        fail(ErrorCode::bad_file, "{}: {} experts per token cannot come from {} groups of {}", file,
             c.num_experts_per_tok, c.topk_group, c.n_routed_experts / c.n_group);
    }
}

struct LayerCount {
    std::int64_t attention, dense_ffn, expert, moe_rest;
};

/// Parameters of one layer's parts.
LayerCount count_layer(const Config& c) {
    const std::int64_t d = c.hidden_size, heads = c.num_attention_heads;
    std::int64_t attention = 0;
    if (c.is_mla()) {
        const std::int64_t q_out = heads * c.qk_head_dim();
        attention += c.q_lora_rank > 0 ? c.q_lora_rank * (d + 1 + q_out) : d * q_out;
        attention += (c.kv_lora_rank + c.qk_rope_head_dim) * d + c.kv_lora_rank;
        attention += heads * (c.qk_nope_head_dim + c.v_head_dim) * c.kv_lora_rank + heads * c.v_head_dim * d;
    } else {
        const std::int64_t q_out = heads * c.head_dim, kv_out = c.num_key_value_heads * c.head_dim;
        attention += d * (2 * q_out + 2 * kv_out);
        if (c.qkv_bias) attention += q_out + 2 * kv_out;
        if (c.o_bias) attention += d;
        if (c.architecture == Architecture::qwen3) attention += 2 * c.head_dim;
    }
    const std::int64_t expert = 3 * d * c.moe_intermediate_size;
    const std::int64_t bias = c.topk_method == TopkMethod::noaux_tc ? c.n_routed_experts : 0;
    return {attention, 3 * d * c.intermediate_size, expert,
            c.n_shared_experts * expert + c.n_routed_experts * d + bias};
}

}  // namespace

std::string_view name(Architecture architecture) {
    constexpr std::array<std::string_view, 5> names{"llama", "qwen2", "qwen3", "deepseek", "deepseek2"};
    return names[static_cast<std::size_t>(architecture)];
}

std::int64_t check_range(std::string_view file, std::string_view key, std::int64_t value, std::int64_t low,
                         std::int64_t high) {
    if (value < low || value > high) {
        fail(ErrorCode::bad_file, "{}: {} is {}; expected {} to {}", file, key, value, low, high);
    }
    return value;
}

double check_range(std::string_view file, std::string_view key, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
        fail(ErrorCode::bad_file, "{}: {} is {}; expected {} to {}", file, key, value, low, high);
    }
    return value;
}

void fail_architecture(std::string_view file, std::string_view found, std::string_view known) {
    fail(ErrorCode::unsupported, "{}: the architecture '{}' is not supported; supported are {}", file,
         found.substr(0, 100), known);
}

void check_consistency(std::string_view file, const Config& config) {
    check_attention(file, config);
    check_rope(file, config);
    check_experts(file, config);
}

ParameterCount count_parameters(const Config& c) {
    const LayerCount layer = count_layer(c);
    ParameterCount count;
    count.total = c.vocab_size * c.hidden_size * (c.tie_word_embeddings ? 1 : 2) + c.hidden_size;
    count.active = count.total;
    for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) {
        const bool moe = c.is_moe_layer(l);
        const std::int64_t always = layer.attention + 2 * c.hidden_size + (moe ? layer.moe_rest : layer.dense_ffn);
        count.total += always + (moe ? c.n_routed_experts * layer.expert : 0);
        count.active += always + (moe ? c.num_experts_per_tok * layer.expert : 0);
    }
    return count;
}

}  // namespace ergon::model
