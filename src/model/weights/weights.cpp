#include "model/weights/weights.h"

#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/elementwise.h"
#include "model/weights/latent_weights.h"
#include "model/weights/unused_tensors.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;

/// Finds, checks and packs one layer's weights after the other.
class Binder {
  public:
    Binder(const Config& config, const WeightSource& source, base::ThreadPool& pool)
        : c_(config), source_(source), pool_(pool) {}

    LayerWeights layer(std::int64_t l) const {
        LayerWeights w;
        w.attention_norm = source_.vector(Part::attention_norm, l, c_.hidden_size);
        if (c_.is_mla()) {
            w.attention = mla(l);
        } else {
            w.attention = gqa(l);
        }
        w.ffn_norm = source_.vector(Part::ffn_norm, l, c_.hidden_size);
        if (c_.is_moe_layer(l)) {
            w.ffn = moe(l);
        } else {
            w.ffn = dense(Part::gate, Part::up, Part::down, l, c_.intermediate_size);
        }
        return w;
    }

    PackedMatrix matrix(Part part, std::int64_t l, std::int64_t rows, std::int64_t cols) const {
        return pack(source_, {source_.matrix(part, l, rows, cols)}, pool_);
    }

  private:
    GqaWeights gqa(std::int64_t l) const {
        const std::int64_t q_rows = c_.num_attention_heads * c_.head_dim,
                           kv_rows = c_.num_key_value_heads * c_.head_dim;
        GqaWeights w;
        w.q = rotated(Part::q, l, q_rows);
        w.k = rotated(Part::k, l, kv_rows);
        w.v = matrix(Part::v, l, kv_rows, c_.hidden_size);
        w.o = matrix(Part::o, l, c_.hidden_size, q_rows);
        if (c_.qkv_bias) {
            w.q_bias = rotated_bias(Part::q, l, q_rows);
            w.k_bias = rotated_bias(Part::k, l, kv_rows);
            w.v_bias = source_.bias(Part::v, l, kv_rows);
        }
        if (c_.o_bias) w.o_bias = source_.bias(Part::o, l, c_.hidden_size);
        if (c_.architecture == Architecture::qwen3) {
            w.q_norm = source_.vector(Part::q_norm, l, c_.head_dim);
            w.k_norm = source_.vector(Part::k_norm, l, c_.head_dim);
        }
        return w;
    }

    MlaWeights mla(std::int64_t l) const {
        const std::int64_t q_rows = c_.num_attention_heads * c_.qk_head_dim();
        MlaWeights w;
        if (c_.q_lora_rank > 0) {
            w.q_a = matrix(Part::q_a, l, c_.q_lora_rank, c_.hidden_size);
            w.q_a_norm = source_.vector(Part::q_a_norm, l, c_.q_lora_rank);
            w.q = matrix(Part::q_b, l, q_rows, c_.q_lora_rank);
        } else {
            w.q = matrix(Part::q, l, q_rows, c_.hidden_size);
        }
        w.kv_a = matrix(Part::kv_a, l, c_.kv_lora_rank + c_.qk_rope_head_dim, c_.hidden_size);
        w.kv_a_norm = source_.vector(Part::kv_a_norm, l, c_.kv_lora_rank);
        bind_latent_weights(c_, source_, l, pool_, w);
        w.o = matrix(Part::o, l, c_.hidden_size, c_.num_attention_heads * c_.v_head_dim);
        return w;
    }

    DenseFfn dense(Part gate, Part up, Part down, std::int64_t l, std::int64_t inner) const {
        return {matrix(gate, l, inner, c_.hidden_size), matrix(up, l, inner, c_.hidden_size),
                matrix(down, l, c_.hidden_size, inner)};
    }

    MoeFfn moe(std::int64_t l) const {
        const std::int64_t experts = c_.n_routed_experts, inner = c_.moe_intermediate_size, d = c_.hidden_size;
        MoeFfn w;
        const SourceMatrix router = source_.matrix(Part::router, l, experts, d);
        const OwnedTensor widened = tensor::is_quantised(router.weights.type) || router.scales.bytes.data() != nullptr
                                        ? widen(router)
                                        : OwnedTensor{};
        w.router = pack(source_, {widened.bytes.empty() ? router : SourceMatrix{widened.view, {}}}, pool_);
        if (c_.topk_method == TopkMethod::noaux_tc)
            w.correction_bias = source_.vector(Part::correction_bias, l, experts);
        w.experts.gate = pack(source_, source_.experts(Part::expert_gate, l, experts, inner, d), pool_);
        w.experts.up = pack(source_, source_.experts(Part::expert_up, l, experts, inner, d), pool_);
        w.experts.down = pack(source_, source_.experts(Part::expert_down, l, experts, d, inner), pool_);
        if (c_.n_shared_experts > 0) {
            w.shared = dense(Part::shared_gate, Part::shared_up, Part::shared_down, l, c_.n_shared_experts * inner);
        }
        return w;
    }

    /// A matrix whose outputs are rotated: its rows are put back where the file's format permuted them.
    PackedMatrix rotated(Part part, std::int64_t l, std::int64_t rows) const {
        const SourceMatrix stored = source_.matrix(part, l, rows, c_.hidden_size);
        if (!permuted()) return pack(source_, {stored}, pool_);
        const OwnedTensor ordered = reorder_rows(stored.weights, [&](std::int64_t row) { return stored_row(row); });
        return pack(source_, {{ordered.view, {}}}, pool_);
    }
    Vector rotated_bias(Part part, std::int64_t l, std::int64_t rows) const {
        const Vector stored = source_.bias(part, l, rows);
        if (!permuted()) return stored;
        Vector ordered;
        for (std::int64_t row = 0; row < std::ssize(stored); ++row) {
            ordered.push_back(stored[stored_row(row)]);
        }
        return ordered;
    }
    bool permuted() const {
        return source_.permutes_q_and_k() &&
               (c_.architecture == Architecture::llama || c_.architecture == Architecture::deepseek);
    }
    /// GGUF stores the two halves of a head's rows in turns: row i of half h as row 2i + h. Put back, the sums of q * k
    /// run in the same order as for the same model from another format, and give the same bits.
    std::int64_t stored_row(std::int64_t row) const {
        const std::int64_t half = c_.head_dim / 2, within = row % c_.head_dim;
        return row - within + 2 * (within % half) + within / half;
    }

    const Config& c_;
    const WeightSource& source_;
    base::ThreadPool& pool_;
};

std::int64_t packed_bytes(const PackedMatrix& m) {
    return m.count() * m.matrix_bytes();
}
std::int64_t packed_bytes(const DenseFfn& f) {
    return packed_bytes(f.gate) + packed_bytes(f.up) + packed_bytes(f.down);
}

std::int64_t packed_bytes(const LayerWeights& layer) {
    std::int64_t bytes = 0;
    if (const auto* a = std::get_if<GqaWeights>(&layer.attention)) {
        for (const PackedMatrix* m : {&a->q, &a->k, &a->v, &a->o}) bytes += packed_bytes(*m);
    } else {
        const auto& mla = std::get<MlaWeights>(layer.attention);
        for (const PackedMatrix* m : {&mla.q, &mla.q_a, &mla.kv_a, &mla.w_uk, &mla.w_uk_t, &mla.w_uv, &mla.o}) {
            bytes += packed_bytes(*m);
        }
    }
    if (const auto* ffn = std::get_if<DenseFfn>(&layer.ffn)) return bytes + packed_bytes(*ffn);
    const auto& moe = std::get<MoeFfn>(layer.ffn);
    return bytes + packed_bytes(moe.router) + packed_bytes(moe.experts) + (moe.shared ? packed_bytes(*moe.shared) : 0);
}

/// Packed weights take about the bytes that they have in the file.
void check_memory(const WeightSource& source) {
    std::int64_t needed = 0;
    for (const tensor::TensorView& one : source.tensors()) needed += std::ssize(one.bytes);
    const base::Bytes available = base::available_memory();
    if (needed > available.value()) {
        fail(ErrorCode::out_of_budget,
             "{}: the weights take {} of memory, but only {} are free; close other programs, raise the limit if this "
             "process has one, or use a smaller quantisation",
             source.file(), base::readable(base::Bytes(needed)), base::readable(available));
    }
}

}  // namespace

Weights bind_weights(const Config& config, const WeightSource& source, base::ThreadPool& pool) {
    check_memory(source);
    const Binder binder(config, source, pool);
    Weights w;
    w.embedding = source.matrix(Part::embedding, 0, config.vocab_size, config.hidden_size).weights;
    if (w.embedding.type == tensor::DType::f8_e4m3) {
        fail(ErrorCode::unsupported, "{}: the tensor {} has type F8_E4M3; embeddings with scales are not supported",
             source.file(), w.embedding.name);
    }
    const Part head = config.tie_word_embeddings ? Part::embedding : Part::output_head;
    w.output_head = binder.matrix(head, 0, config.vocab_size, config.hidden_size);
    w.final_norm = source.vector(Part::final_norm, 0, config.hidden_size);
    if (config.architecture == Architecture::llama && source.has(Part::rope_divisors))
        w.rope_divisors = source.vector(Part::rope_divisors, 0, config.rope_dim() / 2);
    w.bytes = std::ssize(w.embedding.bytes) + packed_bytes(w.output_head);
    for (std::int64_t l = 0; l < config.num_hidden_layers; ++l) {
        w.layers.push_back(binder.layer(l));
        w.bytes += packed_bytes(w.layers.back());
    }
    w.unused = unused_tensors(config, source.tensors(), [&](const std::string& name) { return source.was_used(name); });
    return w;
}

}  // namespace ergon::model
