#pragma once
// What a model's file says of its shape and arithmetic, under the names of the published config.json files.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::formats {
class Gguf;
struct HfFolder;
}  // namespace ergon::formats

namespace ergon::model {

/// The graphs that the forward pass knows. Mistral is a llama; deepseek2 is V2, V2-Lite, V2.5, V3, R1 and V3.1.
enum class Architecture : std::uint8_t { llama, qwen2, qwen3, deepseek, deepseek2 };
std::string_view name(Architecture architecture);

/// How router logits become scores.
enum class ScoringFunc : std::uint8_t { softmax, sigmoid };
/// How experts are chosen from the scores (router.h).
enum class TopkMethod : std::uint8_t { greedy, group_limited_greedy, noaux_tc };

enum class RopeType : std::uint8_t { none, linear, llama3, yarn };

/// How rotary frequencies are stretched beyond the context of the first training (rotary.h has the formulas).
struct RopeScaling {
    RopeType type = RopeType::none;
    double factor = 1;
    double original_max_position_embeddings = 0;
    double low_freq_factor = 1, high_freq_factor = 4;  // llama3
    double beta_fast = 32, beta_slow = 1;              // yarn
    double mscale = 1, mscale_all_dim = 0;             // yarn
    std::optional<double> attention_factor;            // yarn: stands in for what mscale gives
};

struct Config {
    Architecture architecture = Architecture::llama;

    std::int64_t vocab_size = 0;
    std::int64_t hidden_size = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t num_hidden_layers = 0;
    std::int64_t max_position_embeddings = 0;
    std::int64_t sliding_window = 0;  // 0: every position sees all before it
    double rms_norm_eps = 0;
    bool tie_word_embeddings = false;

    // Attention over grouped queries (GQA).
    std::int64_t num_attention_heads = 0;
    std::int64_t num_key_value_heads = 0;
    std::int64_t head_dim = 0;
    bool qkv_bias = false, o_bias = false;  // of grouped queries; Qwen2 always has the first

    // Multi-head latent attention (MLA), deepseek2 only.
    std::int64_t q_lora_rank = 0;  // 0: queries come straight from the hidden state
    std::int64_t kv_lora_rank = 0;
    std::int64_t qk_nope_head_dim = 0;
    std::int64_t qk_rope_head_dim = 0;
    std::int64_t v_head_dim = 0;

    // Mixture of experts; n_routed_experts 0: none.
    std::int64_t n_routed_experts = 0;
    std::int64_t n_shared_experts = 0;
    std::int64_t num_experts_per_tok = 0;
    std::int64_t moe_intermediate_size = 0;
    std::int64_t first_k_dense_replace = 0;
    std::int64_t moe_layer_freq = 1;
    ScoringFunc scoring_func = ScoringFunc::softmax;
    TopkMethod topk_method = TopkMethod::greedy;
    std::int64_t n_group = 1;
    std::int64_t topk_group = 1;
    bool norm_topk_prob = false;
    double routed_scaling_factor = 1;

    double rope_theta = 10000;
    RopeScaling rope_scaling;

    bool is_mla() const { return architecture == Architecture::deepseek2; }
    bool is_moe_layer(std::int64_t layer) const {
        return n_routed_experts > 0 && layer >= first_k_dense_replace && layer % moe_layer_freq == 0;
    }
    std::int64_t qk_head_dim() const { return is_mla() ? qk_nope_head_dim + qk_rope_head_dim : head_dim; }
    std::int64_t value_head_dim() const { return is_mla() ? v_head_dim : head_dim; }
    /// Dimensions of a head that are rotated.
    std::int64_t rope_dim() const { return is_mla() ? qk_rope_head_dim : head_dim; }
    /// Values that one position leaves in the cache of one layer: MLA stores the latent and the rotated key that all
    /// heads share, GQA a key and a value for each key-value head.
    std::int64_t cached_key_values() const {
        return is_mla() ? kv_lora_rank + qk_rope_head_dim : num_key_value_heads * head_dim;
    }
    std::int64_t cached_value_values() const { return is_mla() ? 0 : num_key_value_heads * head_dim; }
    /// Positions that the model computes as it was made to. Attention over a sliding window is full attention as long
    /// as the context fits the window, and is not offered beyond it.
    std::int64_t context_length() const {
        return sliding_window > 0 && sliding_window < max_position_embeddings ? sliding_window
                                                                              : max_position_embeddings;
    }
};

/// Read from the metadata of a GGUF file, `general.architecture` and the keys under that name.
/// Throws Error(bad_file) naming file and key; Error(unsupported) for an architecture or option that is not known.
Config read_config(const formats::Gguf& file);
/// Keys under the architecture's name that read_config does not read and that are not known to be without effect: what
/// they ask for is not computed. Throws as read_config.
std::vector<std::string> unused_keys(const formats::Gguf& file);
/// Read from config.json. Errors as above.
Config read_config(const formats::HfFolder& folder);

/// Learned numbers. All that the forward pass reads count: embeddings (once if tied), norms, biases and the router's
/// correction bias among them. Active are those that one token meets: as total, but num_experts_per_tok of the routed
/// experts.
struct ParameterCount {
    std::int64_t total = 0;
    std::int64_t active = 0;
};
ParameterCount count_parameters(const Config& config);

}  // namespace ergon::model
