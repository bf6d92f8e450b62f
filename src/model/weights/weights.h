#pragma once
// The weights of a model, bound once to named fields with every shape checked. Shapes as in PyTorch: [out, in].

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/threads.h"
#include "kernels/packed_matrix.h"
#include "model/config/config.h"
#include "model/weights/weight_source.h"

namespace ergon::model {

using kernels::PackedMatrix;
using Vector = std::vector<float>;

/// Attention over grouped queries: Llama, Qwen, DeepSeekMoE.
struct GqaWeights {
    PackedMatrix q;                         // [num_attention_heads * head_dim, hidden_size]
    PackedMatrix k, v;                      // [num_key_value_heads * head_dim, hidden_size]
    PackedMatrix o;                         // [hidden_size, num_attention_heads * head_dim]
    Vector q_bias, k_bias, v_bias, o_bias;  // empty: none (Qwen2 has the first three)
    Vector q_norm, k_norm;                  // [head_dim]; empty: none (Qwen3 has both)
};

/// Multi-head latent attention: DeepSeek-V2 and V3. H = num_attention_heads.
struct MlaWeights {
    PackedMatrix q;       // [H * (qk_nope + qk_rope), q_lora_rank], or with hidden_size columns if there is no q_lora
    PackedMatrix q_a;     // [q_lora_rank, hidden_size]; empty: none
    Vector q_a_norm;      // [q_lora_rank]
    PackedMatrix kv_a;    // [kv_lora_rank + qk_rope, hidden_size]: latent and rotated key
    Vector kv_a_norm;     // [kv_lora_rank]
    PackedMatrix w_uk;    // H x [qk_nope, kv_lora_rank]: from the latent to a head's keys
    PackedMatrix w_uk_t;  // H x [kv_lora_rank, qk_nope]: its transpose, for the absorbed form
    PackedMatrix w_uv;    // H x [v_head_dim, kv_lora_rank]: from the latent to a head's values
    PackedMatrix o;       // [hidden_size, H * v_head_dim]
};

/// down( silu(gate x) * (up x) )
struct DenseFfn {
    PackedMatrix gate, up;  // [inner, hidden_size]
    PackedMatrix down;      // [hidden_size, inner]
};

struct MoeFfn {
    PackedMatrix router;             // [n_routed_experts, hidden_size], a float type: its products are F32
    Vector correction_bias;          // [n_routed_experts]; empty unless noaux_tc
    DenseFfn experts;                // n_routed_experts x [moe_intermediate_size, hidden_size] and so on
    std::optional<DenseFfn> shared;  // inner size n_shared_experts * moe_intermediate_size
};

struct LayerWeights {
    Vector attention_norm;  // [hidden_size]
    std::variant<GqaWeights, MlaWeights> attention;
    Vector ffn_norm;  // [hidden_size]
    std::variant<DenseFfn, MoeFfn> ffn;
};

struct Weights {
    tensor::TensorView embedding;  // [vocab_size, hidden_size], read from the mapped file
    std::vector<LayerWeights> layers;
    Vector final_norm;                // [hidden_size]
    PackedMatrix output_head;         // [vocab_size, hidden_size]
    Vector rope_divisors;             // [head_dim / 2]; empty: none
    std::vector<std::string> unused;  // tensors of the source that are bound to nothing
    std::int64_t bytes = 0;           // of the embedding and all matrices as they lie in memory
};

/// Copies the weights out of the files into the layout of the kernels, tensor by tensor; the embedding stays where it
/// is, so `source` must outlive the result. Throws Error(bad_file | unsupported) naming tensor, found and expected;
/// Error(out_of_budget) if the memory that the machine has free does not hold them.
Weights bind_weights(const Config& config, const WeightSource& source, base::ThreadPool& pool);

}  // namespace ergon::model
