#pragma once
// The layers, forward and backward. Each keeps what its backward pass needs in a struct that is laid out once (take()),
// for at most `tokens` rows; what linear layers read is held in their format. Backward adds to the gradients of the
// weights.

#include <cstdint>
#include <variant>
#include <vector>

#include "model/expert_dispatch.h"
#include "train/layers/linear.h"

namespace ergon::train {

struct GqaSaved {
    float *q, *k, *v;       // [tokens, heads or kv_heads, head_dim], q and k rotated
    StoredTensor attended;  // [tokens, heads, head_dim]
    static GqaSaved take(Arena& arena, const Architecture& a, std::int64_t tokens);
};
/// y = attention(x). x, y [tokens, hidden_size].
void attention_gqa(const Context& c, const GqaWeights& w, const StoredTensor& x, GqaSaved& saved, float* y);
/// dx [tokens, hidden_size] is written.
void attention_gqa_backward(const Context& c, const GqaWeights& w, const StoredTensor& x, const GqaSaved& saved,
                            const float* dy, float* dx);

struct MlaSaved {
    float* q_latent_raw;      // [tokens, q_lora_rank], before its norm; null without q_lora
    StoredTensor q_latent;    // [tokens, q_lora_rank], after it
    float* q;                 // [tokens, heads, qk_nope | qk_rope], the latter rotated
    float *kv_raw, *kv;       // [tokens, kv_lora_rank | qk_rope]: as projected; normalised and rotated
    float* queries;           // [tokens, heads, kv_lora_rank | qk_rope]: the absorbed form
    float* attended_latents;  // [tokens, heads, kv_lora_rank]
    StoredTensor attended;    // [tokens, heads, v_head_dim]
    static MlaSaved take(Arena& arena, const Architecture& a, std::int64_t tokens);
};
/// Latent attention in its absorbed form. As above.
void attention_mla(const Context& c, const MlaWeights& w, const StoredTensor& x, MlaSaved& saved, float* y);
void attention_mla_backward(const Context& c, const MlaWeights& w, const StoredTensor& x, const MlaSaved& saved,
                            const float* dy, float* dx);

/// What SwiGLU read; what it gave is computed again on the backward pass (DeepSeek-V3, section 3.3.3).
struct FfnSaved {
    StoredTensor gate, up;  // [tokens, inner]
    static FfnSaved take(Arena& arena, Precision precision, std::int64_t tokens, std::int64_t inner);
};
/// y = down( silu(gate x) * (up x) ). x, y [tokens, hidden_size].
void feed_forward(const Context& c, const FfnWeights& w, const StoredTensor& x, FfnSaved& saved, float* y);
/// dx is written. Overwrites what was saved.
void feed_forward_backward(const Context& c, const FfnWeights& w, const StoredTensor& x, FfnSaved& saved,
                           const float* dy, float* dx);

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
    float* scores;          // [tokens, n_routed_experts]
    StoredTensor gate, up;  // [slots, moe_intermediate_size]; slots = tokens * num_experts_per_tok
    StoredTensor outputs;   // [slots, hidden_size]
    FfnSaved shared;
    model::ExpertDispatch slots;
    static MoeSaved take(Arena& arena, const Architecture& a, std::int64_t tokens);
};
/// y = shared(x) + sum over the chosen experts of weight * expert(x). x, y [tokens, hidden_size]. The router reads x as
/// F32, the experts as it is held.
void mixture_of_experts(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x,
                        const StoredTensor& stored_x, MoeSaved& saved, float* y);
/// dx is written. `balance` adds the gradients of its losses and returns their value.
double mixture_of_experts_backward(const Context& c, const MoeWeights& w, const float* x, const StoredTensor& stored_x,
                                   MoeSaved& saved, const Balance& balance, const float* dy, float* dx);

}  // namespace ergon::train
