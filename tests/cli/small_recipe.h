#pragma once
// A model that trains in a second: the [model] table of a recipe.

namespace ergon::cli {

inline constexpr const char* small_model = R"([model]
hidden_size = 48
num_hidden_layers = 2
max_position_embeddings = 64
num_attention_heads = 2
kv_lora_rank = 24
qk_nope_head_dim = 16
qk_rope_head_dim = 8
v_head_dim = 24
intermediate_size = 96
first_k_dense_replace = 1
n_routed_experts = 4
num_experts_per_tok = 2
n_shared_experts = 1
moe_intermediate_size = 24
)";

}  // namespace ergon::cli
