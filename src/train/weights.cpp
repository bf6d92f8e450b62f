#include "train/weights.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "kernels/convert.h"
#include "train/stored_tensor.h"

namespace ergon::train {
namespace {

using model::Part;
using tensor::DType;

void check(const Architecture& a) {
    const model::Config& c = a.config;
    if (c.architecture != model::Architecture::llama && c.architecture != model::Architecture::deepseek2) {
        base::fail(base::ErrorCode::unsupported,
                   "the architecture {} cannot be trained; supported are llama and deepseek2",
                   model::name(c.architecture));
    }
    if (a.mtp && c.tie_word_embeddings) {
        base::fail(base::ErrorCode::unsupported,
                   "multi-token prediction with tied embeddings is not supported; set "
                   "tie_word_embeddings to false or mtp to false");
    }
}

/// Close to normal, within 6 standard deviations: the sum of 12 uniform numbers (Irwin and Hall). Unlike Box and
/// Muller's method it needs no logarithm, so it is the same on every machine.
float normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    double sum = -6;
    for (std::uint64_t i = 0; i < 12; ++i) sum += base::random_uniform(seed, stream, 12 * index + i);
    return static_cast<float>(sum);
}

/// Rows [row, row + 128) of what products read.
void round_rows(const Weight& w, std::int64_t row) {
    const std::int64_t rows = std::min(tile, w.rows - row);
    if (w.type == DType::bf16) {
        kernels::to_bf16(w.value + row * w.cols, rows * w.cols, static_cast<std::uint16_t*>(w.rounded) + row * w.cols);
        return;
    }
    for (std::int64_t col = 0; col < w.cols; col += tile) {
        const std::int64_t at = row * w.cols + col, cols = std::min(tile, w.cols - col);
        float largest[tile] = {};
        for (std::int64_t r = 0; r < rows; ++r) kernels::largest_magnitudes(w.value + at + r * w.cols, cols, largest);
        const float scale = kernels::f8_scale(kernels::largest_magnitude(largest, cols));
        w.scales[row / tile * tiles(w.cols) + col / tile] = scale;
        for (std::int64_t r = 0; r < rows; ++r) {
            kernels::to_f8(w.value + at + r * w.cols, scale, cols,
                           static_cast<std::uint8_t*>(w.rounded) + at + r * w.cols);
        }
    }
}

}  // namespace

Weights::Weights(const Architecture& architecture, CountOnly) : architecture_(architecture) {
    check(architecture_);
    lay_out();
}

Weights::Weights(const Architecture& architecture) : Weights(architecture, CountOnly{}) {
    values_ = Arena(values_.most());
    gradients_ = Arena(gradients_.most());
    rounded_ = Arena(rounded_.most());
    lay_out();
    for (const NamedWeight& one : named_) {
        if (!one.decays) std::fill_n(one.weight.value, one.weight.values(), 1.0f);
    }
}

WeightBytes weight_bytes(const Architecture& architecture) {
    const Weights count(architecture, Weights::CountOnly{});
    return {count.values_.most(), count.gradients_.most(), count.rounded_.most()};
}

/// DeepSeek-V3's choice (section 3.3.1): embedding, head, router, norms and attention in more than 8 bits. kv_b belongs
/// to attention itself here: in its absorbed form it meets queries and attended latents, not a layer's input.
DType Weights::product_type(Part part) const {
    switch (part) {
        case Part::embedding:
            return architecture_.config.tie_word_embeddings ? wide_type(architecture_.precision) : DType::f32;
        case Part::router:
        case Part::kv_b: return DType::f32;
        case Part::output_head:
        case Part::mtp_projection: return wide_type(architecture_.precision);
        default: return linear_type(architecture_.precision);
    }
}

void Weights::lay_out() {
    const model::Config& c = architecture_.config;
    named_.clear();
    layers.clear();
    biases_.clear();
    embedding = take(Part::embedding, 0, c.vocab_size, c.hidden_size);
    for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) layers.push_back(block(l));
    final_norm = take(Part::final_norm, 0, 1, c.hidden_size);
    head = c.tie_word_embeddings ? embedding : take(Part::output_head, 0, c.vocab_size, c.hidden_size);
    mtp.reset();
    if (!architecture_.mtp) return;
    const std::int64_t l = c.num_hidden_layers;
    mtp.emplace();
    mtp->embedding_norm = take(Part::mtp_embedding_norm, l, 1, c.hidden_size);
    mtp->hidden_norm = take(Part::mtp_hidden_norm, l, 1, c.hidden_size);
    mtp->projection = take(Part::mtp_projection, l, c.hidden_size, 2 * c.hidden_size);
    mtp->block = block(l);
    mtp->norm = take(Part::mtp_norm, l, 1, c.hidden_size);
}

Weight Weights::take(Part part, std::int64_t layer, std::int64_t rows, std::int64_t cols, std::int64_t expert) {
    Weight weight{rows, cols, values_.take(rows * cols), gradients_.take(rows * cols)};
    weight.rounded = weight.value;
    if (rows > 1) weight.type = product_type(part);
    if (weight.type == DType::bf16) weight.rounded = rounded_.take<std::uint16_t>(rows * cols);
    if (weight.type == DType::f8_e4m3) {
        weight.rounded = rounded_.take<std::uint8_t>(rows * cols);
        weight.scales = rounded_.take(tiles(rows) * tiles(cols));
    }
    named_.push_back({part, layer, expert, weight, rows > 1});
    return weight;
}

BlockWeights Weights::block(std::int64_t layer) {
    const model::Config& c = architecture_.config;
    BlockWeights w;
    w.attention_norm = take(Part::attention_norm, layer, 1, c.hidden_size);
    if (c.is_mla()) {
        w.attention = mla(layer);
    } else {
        w.attention = gqa(layer);
    }
    w.ffn_norm = take(Part::ffn_norm, layer, 1, c.hidden_size);
    if (c.is_moe_layer(layer)) {
        w.ffn = moe(layer);
    } else {
        w.ffn = ffn(Part::gate, Part::up, Part::down, layer, c.intermediate_size);
    }
    return w;
}

GqaWeights Weights::gqa(std::int64_t layer) {
    const model::Config& c = architecture_.config;
    const std::int64_t q_rows = c.num_attention_heads * c.head_dim, kv_rows = c.num_key_value_heads * c.head_dim;
    GqaWeights w;
    w.q = take(Part::q, layer, q_rows, c.hidden_size);
    w.k = take(Part::k, layer, kv_rows, c.hidden_size);
    w.v = take(Part::v, layer, kv_rows, c.hidden_size);
    w.o = take(Part::o, layer, c.hidden_size, q_rows);
    return w;
}

MlaWeights Weights::mla(std::int64_t layer) {
    const model::Config& c = architecture_.config;
    const std::int64_t heads = c.num_attention_heads, q_rows = heads * c.qk_head_dim();
    MlaWeights w;
    if (c.q_lora_rank > 0) {
        w.q_a = take(Part::q_a, layer, c.q_lora_rank, c.hidden_size);
        w.q_a_norm = take(Part::q_a_norm, layer, 1, c.q_lora_rank);
        w.q = take(Part::q_b, layer, q_rows, c.q_lora_rank);
    } else {
        w.q = take(Part::q, layer, q_rows, c.hidden_size);
    }
    w.kv_a = take(Part::kv_a, layer, c.kv_lora_rank + c.qk_rope_head_dim, c.hidden_size);
    w.kv_a_norm = take(Part::kv_a_norm, layer, 1, c.kv_lora_rank);
    w.kv_b = take(Part::kv_b, layer, heads * (c.qk_nope_head_dim + c.v_head_dim), c.kv_lora_rank);
    w.o = take(Part::o, layer, c.hidden_size, heads * c.v_head_dim);
    return w;
}

MoeWeights Weights::moe(std::int64_t layer) {
    const model::Config& c = architecture_.config;
    MoeWeights w;
    w.router = take(Part::router, layer, c.n_routed_experts, c.hidden_size);
    if (c.topk_method == model::TopkMethod::noaux_tc) {
        w.bias = biases_.size();
        biases_.push_back({layer, std::vector<float>(c.n_routed_experts)});
    }
    for (std::int64_t e = 0; e < c.n_routed_experts; ++e) {
        w.experts.push_back(
            ffn(Part::expert_gate, Part::expert_up, Part::expert_down, layer, c.moe_intermediate_size, e));
    }
    if (c.n_shared_experts > 0) {
        w.shared = ffn(Part::shared_gate, Part::shared_up, Part::shared_down, layer,
                       c.n_shared_experts * c.moe_intermediate_size);
    }
    return w;
}

FfnWeights Weights::ffn(Part gate, Part up, Part down, std::int64_t layer, std::int64_t inner, std::int64_t expert) {
    const std::int64_t hidden = architecture_.config.hidden_size;
    FfnWeights w;
    w.gate = take(gate, layer, inner, hidden, expert);
    w.up = take(up, layer, inner, hidden, expert);
    w.down = take(down, layer, hidden, inner, expert);
    return w;
}

void Weights::initialise(std::uint64_t seed, float standard_deviation) {
    for (std::size_t i = 0; i < named_.size(); ++i) {
        const Weight& w = named_[i].weight;
        for (std::int64_t j = 0; j < w.values() && named_[i].decays; ++j) {
            w.value[j] = standard_deviation * normal(seed, i, static_cast<std::uint64_t>(j));
        }
    }
}

void Weights::clear_gradients() {
    std::ranges::fill(gradients(), 0.0f);
}

void Weights::round(base::ThreadPool& pool) {
    // One item: the rows of one block of one weight.
    std::vector<std::pair<const Weight*, std::int64_t>> items;
    for (const NamedWeight& one : named_) {
        if (one.weight.type == DType::f32) continue;
        for (std::int64_t row = 0; row < one.weight.rows; row += tile) items.emplace_back(&one.weight, row);
    }
    pool.run(std::ssize(items), 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) round_rows(*items[i].first, items[i].second);
    });
}

std::span<float> Weights::values() {
    return {embedding.value, static_cast<std::size_t>(values_.most().value()) / sizeof(float)};
}

std::span<float> Weights::gradients() {
    return {embedding.gradient, static_cast<std::size_t>(gradients_.most().value()) / sizeof(float)};
}

std::vector<tensor::TensorView> Weights::tensors() const {
    std::vector<tensor::TensorView> all;
    const auto add = [&](std::string name, tensor::Shape shape, const float* values) {
        const auto bytes = std::as_bytes(std::span(values, static_cast<std::size_t>(shape.values())));
        all.push_back({std::move(name), tensor::DType::f32, shape, bytes});
    };
    for (const NamedWeight& one : named_) {
        const Weight& w = one.weight;
        add(one.name(), one.decays ? tensor::Shape{w.rows, w.cols} : tensor::Shape{w.cols}, w.value);
    }
    for (const Bias& bias : biases_) {
        add(model::hugging_face_name(Part::correction_bias, bias.layer), {std::ssize(bias.values)}, bias.values.data());
    }
    return all;
}

}  // namespace ergon::train
