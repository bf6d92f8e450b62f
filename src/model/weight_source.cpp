#include "model/weight_source.h"

#include <array>
#include <fmt/format.h>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/packed_matrix.h"

namespace ergon::model {
namespace {

using base::ErrorCode;
using base::fail;
using tensor::DType;
using tensor::Shape;
using tensor::TensorView;

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
};

constexpr bool names_stand_in_order() {
    for (std::size_t i = 0; i < all_names.size(); ++i) {
        if (static_cast<std::size_t>(all_names[i].part) != i) return false;
    }
    return true;
}
static_assert(names_stand_in_order());

constexpr std::string_view weight_suffix = ".weight";

bool can_be_weights(DType type) {
    switch (type) {
        case DType::i8:
        case DType::i16:
        case DType::i32:
        case DType::i64:
        case DType::u8:
        case DType::boolean:
        case DType::f8_e8m0:
            return false;
        default:
            return true;
    }
}

}  // namespace

std::string WeightSource::file() const {
    return std::visit([](const auto& files) { return files.path().string(); }, files_);
}

std::span<const TensorView> WeightSource::tensors() const {
    return std::visit([](const auto& files) { return std::span<const TensorView>(files.tensors()); }, files_);
}

const TensorView* WeightSource::find(const std::string& name) const {
    return std::visit([&](const auto& files) { return files.find(name); }, files_);
}

std::string WeightSource::name(Part part, std::int64_t layer, std::int64_t expert) const {
    const Names& names = all_names[static_cast<std::size_t>(part)];
    const bool gguf = std::holds_alternative<formats::Gguf>(files_);
    return fmt::format(fmt::runtime(gguf ? names.gguf : names.hugging_face), layer, expert);
}

const TensorView& WeightSource::require(const std::string& name, const Shape& shape) const {
    const TensorView* found = find(name);
    if (found == nullptr) {
        fail(ErrorCode::bad_file,
             "{}: the tensor {} is missing (expected {}); the file is incomplete or of another kind of model", file(),
             name, shape.text());
    }
    if (!(found->shape == shape)) {
        fail(ErrorCode::bad_file, "{}: the tensor {} has shape {}, but the configuration needs {}", file(), name,
             found->shape.text(), shape.text());
    }
    if (!can_be_weights(found->type)) {
        fail(ErrorCode::bad_file, "{}: the tensor {} has type {}; expected floating-point or block-quantised weights",
             file(), name, tensor::name(found->type));
    }
    return *found;
}

SourceMatrix WeightSource::with_scales(const TensorView& weights) const {
    const std::string scales = weights.name + "_scale_inv";
    if (weights.type != DType::f8_e4m3) {
        if (find(scales) != nullptr) {
            fail(ErrorCode::unsupported,
                 "{}: the tensor {} of type {} has scales beside it; scales are supported for F8_E4M3 only", file(),
                 weights.name, tensor::name(weights.type));
        }
        return {weights, {}};
    }
    constexpr std::int64_t block = kernels::f8_block;
    const Shape expected{(weights.shape[0] + block - 1) / block, (weights.shape[1] + block - 1) / block};
    const TensorView& found = require(scales, expected);
    if (found.type != DType::f32) {
        fail(ErrorCode::unsupported, "{}: the tensor {} is {}; scales in F32 were expected", file(), scales,
             tensor::name(found.type));
    }
    return {weights, found};
}

SourceMatrix WeightSource::matrix(Part part, std::int64_t layer, std::int64_t rows, std::int64_t cols) const {
    return with_scales(require(name(part, layer), Shape{rows, cols}));
}

TensorView WeightSource::stack(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                               std::int64_t cols) const {
    return require(name(part, layer), Shape{count, rows, cols});
}

std::vector<SourceMatrix> WeightSource::experts(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                                                std::int64_t cols) const {
    if (std::holds_alternative<formats::Gguf>(files_)) return {{stack(part, layer, count, rows, cols), {}}};
    std::vector<SourceMatrix> all;
    for (std::int64_t expert = 0; expert < count; ++expert) {
        all.push_back(with_scales(require(name(part, layer, expert), Shape{rows, cols})));
        if (all.back().weights.type != all.front().weights.type) {
            fail(ErrorCode::unsupported,
                 "{}: the tensor {} has type {}, but expert 0 has {}; experts of one layer must have one type", file(),
                 all.back().weights.name, tensor::name(all.back().weights.type),
                 tensor::name(all.front().weights.type));
        }
    }
    return all;
}

std::vector<float> WeightSource::widen(const TensorView& view) const {
    if (view.type == DType::f8_e4m3 || view.type == DType::f8_e5m2) {
        fail(ErrorCode::unsupported, "{}: the tensor {} has type {}; a vector must be F32, F16 or BF16", file(),
             view.name, tensor::name(view.type));
    }
    std::vector<float> values(static_cast<std::size_t>(view.shape.values()));
    kernels::widen_row(view.type, view.bytes.data(), std::ssize(values), values.data());
    return values;
}

std::vector<float> WeightSource::vector(Part part, std::int64_t layer, std::int64_t size) const {
    return widen(require(name(part, layer), Shape{size}));
}

std::vector<float> WeightSource::bias(Part part, std::int64_t layer, std::int64_t size) const {
    std::string beside = name(part, layer);
    beside.replace(beside.size() - weight_suffix.size(), weight_suffix.size(), ".bias");
    if (find(beside) == nullptr) return {};
    return widen(require(beside, Shape{size}));
}

}  // namespace ergon::model
