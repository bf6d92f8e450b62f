#include "model/weights/tensor_names.h"

#include <array>
#include <fmt/format.h>
#include <string_view>

namespace ergon::model {
namespace {

/// {0} is the layer, {1} the expert. A part that a format lacks has no name there.
struct Names {
    Part part;
    std::string_view gguf;
    std::string_view hugging_face;
};
constexpr std::array all_names{
    Names{Part::embedding, "token_embd.weight", "model.embed_tokens.weight"},
    Names{Part::final_norm, "output_norm.weight", "model.norm.weight"},
    Names{Part::output_head, "output.weight", "lm_head.weight"},
    Names{Part::rope_divisors, "rope_freqs.weight", ""},
    Names{Part::attention_norm, "blk.{0}.attn_norm.weight", "model.layers.{0}.input_layernorm.weight"},
    Names{Part::q, "blk.{0}.attn_q.weight", "model.layers.{0}.self_attn.q_proj.weight"},
    Names{Part::k, "blk.{0}.attn_k.weight", "model.layers.{0}.self_attn.k_proj.weight"},
    Names{Part::v, "blk.{0}.attn_v.weight", "model.layers.{0}.self_attn.v_proj.weight"},
    Names{Part::o, "blk.{0}.attn_output.weight", "model.layers.{0}.self_attn.o_proj.weight"},
    Names{Part::q_norm, "blk.{0}.attn_q_norm.weight", "model.layers.{0}.self_attn.q_norm.weight"},
    Names{Part::k_norm, "blk.{0}.attn_k_norm.weight", "model.layers.{0}.self_attn.k_norm.weight"},
    Names{Part::q_a, "blk.{0}.attn_q_a.weight", "model.layers.{0}.self_attn.q_a_proj.weight"},
    Names{Part::q_a_norm, "blk.{0}.attn_q_a_norm.weight", "model.layers.{0}.self_attn.q_a_layernorm.weight"},
    Names{Part::q_b, "blk.{0}.attn_q_b.weight", "model.layers.{0}.self_attn.q_b_proj.weight"},
    Names{Part::kv_a, "blk.{0}.attn_kv_a_mqa.weight", "model.layers.{0}.self_attn.kv_a_proj_with_mqa.weight"},
    Names{Part::kv_a_norm, "blk.{0}.attn_kv_a_norm.weight", "model.layers.{0}.self_attn.kv_a_layernorm.weight"},
    Names{Part::kv_b, "blk.{0}.attn_kv_b.weight", "model.layers.{0}.self_attn.kv_b_proj.weight"},
    Names{Part::k_b, "blk.{0}.attn_k_b.weight", ""},
    Names{Part::v_b, "blk.{0}.attn_v_b.weight", ""},
    Names{Part::ffn_norm, "blk.{0}.ffn_norm.weight", "model.layers.{0}.post_attention_layernorm.weight"},
    Names{Part::gate, "blk.{0}.ffn_gate.weight", "model.layers.{0}.mlp.gate_proj.weight"},
    Names{Part::up, "blk.{0}.ffn_up.weight", "model.layers.{0}.mlp.up_proj.weight"},
    Names{Part::down, "blk.{0}.ffn_down.weight", "model.layers.{0}.mlp.down_proj.weight"},
    Names{Part::router, "blk.{0}.ffn_gate_inp.weight", "model.layers.{0}.mlp.gate.weight"},
    Names{Part::correction_bias, "blk.{0}.exp_probs_b.bias", "model.layers.{0}.mlp.gate.e_score_correction_bias"},
    Names{Part::expert_gate, "blk.{0}.ffn_gate_exps.weight", "model.layers.{0}.mlp.experts.{1}.gate_proj.weight"},
    Names{Part::expert_up, "blk.{0}.ffn_up_exps.weight", "model.layers.{0}.mlp.experts.{1}.up_proj.weight"},
    Names{Part::expert_down, "blk.{0}.ffn_down_exps.weight", "model.layers.{0}.mlp.experts.{1}.down_proj.weight"},
    Names{Part::shared_gate, "blk.{0}.ffn_gate_shexp.weight", "model.layers.{0}.mlp.shared_experts.gate_proj.weight"},
    Names{Part::shared_up, "blk.{0}.ffn_up_shexp.weight", "model.layers.{0}.mlp.shared_experts.up_proj.weight"},
    Names{Part::shared_down, "blk.{0}.ffn_down_shexp.weight", "model.layers.{0}.mlp.shared_experts.down_proj.weight"},
    Names{Part::mtp_embedding_norm, "blk.{0}.nextn.enorm.weight", "model.layers.{0}.enorm.weight"},
    Names{Part::mtp_hidden_norm, "blk.{0}.nextn.hnorm.weight", "model.layers.{0}.hnorm.weight"},
    Names{Part::mtp_projection, "blk.{0}.nextn.eh_proj.weight", "model.layers.{0}.eh_proj.weight"},
    Names{Part::mtp_norm, "blk.{0}.nextn.shared_head_norm.weight", "model.layers.{0}.shared_head.norm.weight"},
};

constexpr bool names_stand_in_order() {
    for (std::size_t i = 0; i < all_names.size(); ++i) {
        if (static_cast<std::size_t>(all_names[i].part) != i) return false;
    }
    return true;
}
static_assert(names_stand_in_order());

}  // namespace

std::string gguf_name(Part part, std::int64_t layer) {
    return fmt::format(fmt::runtime(all_names[static_cast<std::size_t>(part)].gguf), layer);
}

std::string hugging_face_name(Part part, std::int64_t layer, std::int64_t expert) {
    return fmt::format(fmt::runtime(all_names[static_cast<std::size_t>(part)].hugging_face), layer, expert);
}

}  // namespace ergon::model
