#pragma once
// What the tensors of a model are, and what file formats call them.

#include <cstdint>
#include <string>

namespace ergon::model {

/// A tensor's part in the model. tensor_names.cpp has the names under which the formats store each.
enum class Part : std::uint8_t {
    embedding,
    final_norm,
    output_head,
    rope_divisors,
    attention_norm,
    q,
    k,
    v,
    o,
    q_norm,
    k_norm,
    q_a,
    q_a_norm,
    q_b,
    kv_a,
    kv_a_norm,
    kv_b,
    k_b,
    v_b,
    ffn_norm,
    gate,
    up,
    down,
    router,
    correction_bias,
    expert_gate,
    expert_up,
    expert_down,
    shared_gate,
    shared_up,
    shared_down,
    mtp_embedding_norm,  // multi-token prediction: the block after the last layer (DeepSeek-V3, section 2.2)
    mtp_hidden_norm,
    mtp_projection,
    mtp_norm,
};

/// "blk.3.attn_q.weight"; the experts of a layer are one tensor. Empty for a part that GGUF files do not have.
std::string gguf_name(Part part, std::int64_t layer);
/// "model.layers.3.self_attn.q_proj.weight". Empty for a part that Hugging Face's files do not have.
std::string hugging_face_name(Part part, std::int64_t layer, std::int64_t expert = 0);

}  // namespace ergon::model
