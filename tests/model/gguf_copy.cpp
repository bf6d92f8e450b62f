#include "model/gguf_copy.h"

#include <cstring>
#include <deque>
#include <fmt/format.h>

#include "formats/gguf_writer.h"
#include "formats/hf_folder.h"
#include "formats/safetensors.h"
#include "model/attention/rotary.h"

namespace ergon::test {
namespace {

using formats::GgufField;
using formats::MetadataValue;
using model::Architecture;
using model::Config;
using tensor::Shape;
using tensor::TensorView;

class Copy {
  public:
    Copy(const std::filesystem::path& folder, MlaLayout layout)
        : c_(model::read_config(formats::HfFolder::open(folder))),
          source_(formats::Safetensors::open_folder(folder)),
          layout_(layout) {}

    void write(const std::filesystem::path& out) {
        metadata();
        add("token_embd.weight", "model.embed_tokens.weight");
        add("output_norm.weight", "model.norm.weight");
        if (!c_.tie_word_embeddings) add("output.weight", "lm_head.weight");
        if (c_.rope_scaling.type == model::RopeType::llama3) add_divisors();
        for (std::int64_t l = 0; l < c_.num_hidden_layers; ++l) layer(l);
        formats::write_gguf(out, fields_, tensors_);
    }

  private:
    void field(const std::string& key, MetadataValue value) {
        fields_.push_back({std::string(name(c_.architecture)) + "." + key, std::move(value)});
    }
    void count(const std::string& key, std::int64_t value) { field(key, static_cast<std::uint64_t>(value)); }

    void metadata() {
        fields_.push_back({"general.architecture", std::string(name(c_.architecture))});
        count("block_count", c_.num_hidden_layers);
        count("context_length", c_.max_position_embeddings);
        count("embedding_length", c_.hidden_size);
        count("feed_forward_length", c_.intermediate_size);
        count("vocab_size", c_.vocab_size);
        count("attention.head_count", c_.num_attention_heads);
        field("attention.layer_norm_rms_epsilon", c_.rms_norm_eps);
        field("rope.freq_base", c_.rope_theta);
        if (c_.is_mla()) {
            mla_metadata();
        } else {
            count("attention.head_count_kv", c_.num_key_value_heads);
            count("attention.key_length", c_.head_dim);
            count("attention.value_length", c_.head_dim);
        }
        if (c_.n_routed_experts > 0) expert_metadata();
    }
    void mla_metadata() {
        const bool split = layout_ == MlaLayout::split;
        count("attention.head_count_kv", split ? 1 : c_.num_attention_heads);
        count("attention.key_length", split ? c_.cached_key_values() : c_.qk_head_dim());
        count("attention.value_length", split ? c_.kv_lora_rank : c_.v_head_dim);
        if (split) count("attention.key_length_mla", c_.qk_head_dim());
        if (split) count("attention.value_length_mla", c_.v_head_dim);
        if (c_.q_lora_rank > 0) count("attention.q_lora_rank", c_.q_lora_rank);
        count("attention.kv_lora_rank", c_.kv_lora_rank);
        count("rope.dimension_count", c_.qk_rope_head_dim);
        field("rope.scaling.type", std::string("yarn"));
        field("rope.scaling.factor", c_.rope_scaling.factor);
        count("rope.scaling.original_context_length",
              static_cast<std::int64_t>(c_.rope_scaling.original_max_position_embeddings));
        field("rope.scaling.yarn_log_multiplier", 0.1 * c_.rope_scaling.mscale_all_dim);
    }
    void expert_metadata() {
        count("expert_count", c_.n_routed_experts);
        count("expert_used_count", c_.num_experts_per_tok);
        count("expert_shared_count", c_.n_shared_experts);
        count("expert_feed_forward_length", c_.moe_intermediate_size);
        count("leading_dense_block_count", c_.first_k_dense_replace);
        count("expert_gating_func", c_.scoring_func == model::ScoringFunc::sigmoid ? 2 : 1);
        if (c_.n_group > 1) count("expert_group_count", c_.n_group);
        if (c_.n_group > 1) count("expert_group_used_count", c_.topk_group);
        field("expert_weights_norm", c_.norm_topk_prob);
        field("expert_weights_scale", c_.routed_scaling_factor);
    }

    const TensorView& get(const std::string& hf) const {
        const TensorView* found = source_.find(hf);
        if (found == nullptr) throw std::runtime_error("no tensor " + hf);
        return *found;
    }
    void add(const std::string& gguf, const std::string& hf) {
        TensorView view = get(hf);
        view.name = gguf;
        tensors_.push_back(view);
    }
    std::vector<std::byte>& make(const std::string& gguf, tensor::DType type, const Shape& shape) {
        std::vector<std::byte>& bytes =
            made_.emplace_back(static_cast<std::size_t>(*tensor::storage_bytes(type, shape.values())));
        tensors_.push_back({gguf, type, shape, bytes});
        return bytes;
    }

    void add_divisors() {
        Config plain = c_;
        plain.rope_scaling = {};
        const model::Rotary scaled = model::make_rotary(c_, {}), unscaled = model::make_rotary(plain, {});
        std::vector<std::byte>& bytes = make("rope_freqs.weight", tensor::DType::f32, {c_.head_dim / 2});
        for (std::size_t i = 0; i < scaled.frequencies.size(); ++i) {
            const auto divisor = static_cast<float>(unscaled.frequencies[i] / scaled.frequencies[i]);
            std::memcpy(bytes.data() + 4 * i, &divisor, 4);
        }
    }

    /// Rows of each head: the halves in turns.
    void add_permuted(const std::string& gguf, const std::string& hf) {
        const TensorView& view = get(hf);
        const auto row = static_cast<std::size_t>(view.row_bytes());
        std::vector<std::byte>& bytes = make(gguf, view.type, view.shape);
        const std::int64_t half = c_.head_dim / 2;
        for (std::int64_t r = 0; r < view.shape[0]; ++r) {
            const std::int64_t within = r % c_.head_dim;
            const std::int64_t from = r - within + within / 2 + (within % 2) * half;
            std::memcpy(bytes.data() + static_cast<std::size_t>(r) * row, view.row(from).data(), row);
        }
    }

    void add_experts(const std::string& gguf, std::int64_t l, const std::string& projection) {
        const auto name = [&](std::int64_t e) {
            return fmt::format("model.layers.{}.mlp.experts.{}.{}.weight", l, e, projection);
        };
        const TensorView& first = get(name(0));
        std::vector<std::byte>& bytes = make(gguf, first.type, {c_.n_routed_experts, first.shape[0], first.shape[1]});
        for (std::int64_t e = 0; e < c_.n_routed_experts; ++e) {
            const std::span<const std::byte> one = get(name(e)).bytes;
            std::memcpy(bytes.data() + static_cast<std::size_t>(e) * one.size(), one.data(), one.size());
        }
    }

    /// kv_b [H * (nope + v), rank] as k_b [H, rank, nope], transposed, and v_b [H, v, rank].
    void add_split(const std::string& blk, const std::string& hf) {
        const TensorView& kv_b = get(hf);
        const std::int64_t heads = c_.num_attention_heads, nope = c_.qk_nope_head_dim, v = c_.v_head_dim,
                           rank = c_.kv_lora_rank;
        const auto size = static_cast<std::size_t>(tensor::info(kv_b.type).block_bytes);
        std::vector<std::byte>& k = make(blk + "attn_k_b.weight", kv_b.type, {heads, rank, nope});
        std::vector<std::byte>& values = make(blk + "attn_v_b.weight", kv_b.type, {heads, v, rank});
        for (std::int64_t h = 0; h < heads; ++h) {
            for (std::int64_t r = 0; r < nope + v; ++r) {
                const std::byte* row = kv_b.row(h * (nope + v) + r).data();
                for (std::int64_t i = 0; i < rank; ++i) {
                    std::byte* to =
                        r < nope ? k.data() + static_cast<std::size_t>((h * rank + i) * nope + r) * size
                                 : values.data() + static_cast<std::size_t>((h * v + r - nope) * rank + i) * size;
                    std::memcpy(to, row + static_cast<std::size_t>(i) * size, size);
                }
            }
        }
    }

    void layer(std::int64_t l) {
        const std::string blk = fmt::format("blk.{}.", l), hf = fmt::format("model.layers.{}.", l);
        add(blk + "attn_norm.weight", hf + "input_layernorm.weight");
        add(blk + "ffn_norm.weight", hf + "post_attention_layernorm.weight");
        add(blk + "attn_output.weight", hf + "self_attn.o_proj.weight");
        if (c_.is_mla()) {
            mla(blk, hf + "self_attn.");
        } else {
            gqa(blk, hf + "self_attn.");
        }
        if (!c_.is_moe_layer(l)) {
            for (const std::string part : {"gate", "up", "down"})
                add(blk + "ffn_" + part + ".weight", hf + "mlp." + part + "_proj.weight");
            return;
        }
        add(blk + "ffn_gate_inp.weight", hf + "mlp.gate.weight");
        if (c_.topk_method == model::TopkMethod::noaux_tc)
            add(blk + "exp_probs_b.bias", hf + "mlp.gate.e_score_correction_bias");
        for (const std::string part : {"gate", "up", "down"}) {
            add_experts(blk + "ffn_" + part + "_exps.weight", l, part + "_proj");
            add(blk + "ffn_" + part + "_shexp.weight", hf + "mlp.shared_experts." + part + "_proj.weight");
        }
    }
    void gqa(const std::string& blk, const std::string& hf) {
        const bool permuted = c_.architecture == Architecture::llama || c_.architecture == Architecture::deepseek;
        for (const std::string part : {"q", "k", "v"}) {
            const std::string to = blk + "attn_" + part, from = hf + part + "_proj";
            if (permuted && part != "v") {
                add_permuted(to + ".weight", from + ".weight");
            } else {
                add(to + ".weight", from + ".weight");
            }
            if (c_.architecture == Architecture::qwen2) add(to + ".bias", from + ".bias");
            if (c_.architecture == Architecture::qwen3 && part != "v")
                add(to + "_norm.weight", hf + part + "_norm.weight");
        }
    }
    void mla(const std::string& blk, const std::string& hf) {
        if (c_.q_lora_rank > 0) {
            add(blk + "attn_q_a.weight", hf + "q_a_proj.weight");
            add(blk + "attn_q_a_norm.weight", hf + "q_a_layernorm.weight");
            add(blk + "attn_q_b.weight", hf + "q_b_proj.weight");
        } else {
            add(blk + "attn_q.weight", hf + "q_proj.weight");
        }
        add(blk + "attn_kv_a_mqa.weight", hf + "kv_a_proj_with_mqa.weight");
        add(blk + "attn_kv_a_norm.weight", hf + "kv_a_layernorm.weight");
        if (layout_ == MlaLayout::kv_b) {
            add(blk + "attn_kv_b.weight", hf + "kv_b_proj.weight");
        } else {
            add_split(blk, hf + "kv_b_proj.weight");
        }
    }

    Config c_;
    formats::Safetensors source_;
    MlaLayout layout_;
    std::vector<GgufField> fields_;
    std::vector<TensorView> tensors_;
    std::deque<std::vector<std::byte>> made_;
};

}  // namespace

void write_gguf_copy(const std::filesystem::path& folder, MlaLayout layout, const std::filesystem::path& out) {
    Copy(folder, layout).write(out);
}

}  // namespace ergon::test
