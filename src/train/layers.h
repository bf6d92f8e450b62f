#pragma once
// The layers, forward and backward. Each keeps what its way back needs in a struct that is laid out once (take()), for
// at most `tokens` rows. Backward adds to the gradients of the weights.

#include <cstdint>
#include <variant>
#include <vector>

#include "train/layer.h"

namespace ergon::train {

struct GqaSaved {
    float *q, *k, *v;  // [tokens, heads or kv_heads, head_dim], q and k rotated
    float* attended;   // [tokens, heads, head_dim]
    static GqaSaved take(Arena& arena, const model::Config& c, std::int64_t tokens);
};
/// y = attention(x). x, y [tokens, hidden_size].
void attention_gqa(const Context& c, const GqaWeights& w, const float* x, GqaSaved& saved, float* y);
/// dx [tokens, hidden_size] is written; `arena` lends memory.
void attention_gqa_backward(const Context& c, const GqaWeights& w, const float* x, const GqaSaved& saved,
                            const float* dy, Arena& arena, float* dx);

struct MlaSaved {
    float *q_latent_raw, *q_latent;  // [tokens, q_lora_rank], before and after their norm; null without q_lora
    float* q;                        // [tokens, heads, qk_nope | qk_rope], the latter rotated
    float *kv_raw, *kv;              // [tokens, kv_lora_rank | qk_rope]: as projected; normalised and rotated
    float* queries;                  // [tokens, heads, kv_lora_rank | qk_rope]: the absorbed form
    float* attended_latents;         // [tokens, heads, kv_lora_rank]
    float* attended;                 // [tokens, heads, v_head_dim]
    static MlaSaved take(Arena& arena, const model::Config& c, std::int64_t tokens);
};
/// Latent attention in its absorbed form. As above.
void attention_mla(const Context& c, const MlaWeights& w, const float* x, MlaSaved& saved, float* y);
void attention_mla_backward(const Context& c, const MlaWeights& w, const float* x, const MlaSaved& saved,
                            const float* dy, Arena& arena, float* dx);

struct FfnSaved {
    float *gate, *up, *activated;  // [tokens, inner]
    static FfnSaved take(Arena& arena, std::int64_t tokens, std::int64_t inner);
};
/// y = down( silu(gate x) * (up x) ). x, y [tokens, hidden_size].
void feed_forward(const Context& c, const FfnWeights& w, const float* x, FfnSaved& saved, float* y);
/// dx is written, or added to if `add`. Overwrites what was saved.
void feed_forward_backward(const Context& c, const FfnWeights& w, const float* x, FfnSaved& saved, const float* dy,
                           bool add, Arena& arena, float* dx);

/// What keeps the experts' loads even.
struct Balance {
    /// DeepSeek-V3's bias: its step per batch, gamma (section 2.1.2). 0: none.
    float bias_step = 0;
    /// The sequence-wise loss's factor alpha (section 2.1.2): over each document.
    float sequence_loss = 0;
    /// The classic auxiliary loss's factor (Switch, DeepSeek-V2's expert-level): over the whole batch.
    float batch_loss = 0;
};

struct MoeSaved {
    float* scores;                 // [tokens, n_routed_experts]
    float *gate, *up, *activated;  // [slots, moe_intermediate_size]; slots = tokens * num_experts_per_tok
    float* outputs;                // [slots, hidden_size]
    FfnSaved shared;
    std::vector<std::int32_t> chosen;  // [tokens, num_experts_per_tok], ascending
    std::vector<float> weight;         // [tokens, num_experts_per_tok]
    std::vector<std::int64_t> begin;   // [experts + 1]: first slot of each expert
    std::vector<std::int32_t> token;   // [slots]
    std::vector<std::int32_t> slot;    // [tokens, num_experts_per_tok]
    static MoeSaved take(Arena& arena, const model::Config& c, std::int64_t tokens);
};
/// y = shared(x) + sum over the chosen experts of weight * expert(x). x, y [tokens, hidden_size].
void mixture_of_experts(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x,
                        MoeSaved& saved, Arena& arena, float* y);
/// dx is written. `balance` adds the gradients of its losses and returns their value.
double mixture_of_experts_backward(const Context& c, const MoeWeights& w, const float* x, MoeSaved& saved,
                                   const Balance& balance, const float* dy, Arena& arena, float* dx);

}  // namespace ergon::train
