#include "lab/slice/slice_models.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/transformer.h"
#include "tensor/float_bits.h"

namespace ergon::lab {
namespace {

using model::Config;
using model::Part;
using tensor::DType;
using tensor::TensorView;

constexpr std::int64_t inner = 1408, experts = 64, used = 6, shared = 2;
constexpr std::int64_t block_values = 32, block_bytes = 18;  // Q4_0

/// The deviation that keeps a product with so many columns at the size of its input.
float deviation_for(std::int64_t columns) {
    return 1 / std::sqrt(static_cast<float>(columns));
}

std::vector<std::byte> random_blocks(std::int64_t values, std::int64_t columns) {
    constexpr std::size_t pattern = 65521;  // blocks; a prime: rows do not repeat in step with any row length
    const auto count = static_cast<std::size_t>(values / block_values);
    std::vector<std::byte> bytes(count * block_bytes);
    base::RandomSequence random(1);
    // Sixteen equally likely steps have a deviation of 4.61.
    const std::uint16_t scale = tensor::f32_to_f16(deviation_for(columns) / 4.61f);
    for (std::size_t i = 0; i < std::min(count, pattern); ++i) {
        std::byte* const block = &bytes[i * block_bytes];
        const std::array<std::uint64_t, 2> codes{random(), random()};
        std::memcpy(block, &scale, sizeof scale);
        std::memcpy(block + sizeof scale, codes.data(), sizeof codes);
    }
    for (std::size_t done = pattern; done < count; done += std::min(done, count - done)) {
        std::memcpy(&bytes[done * block_bytes], bytes.data(), std::min(done, count - done) * block_bytes);
    }
    return bytes;
}

std::vector<float> random_numbers(std::int64_t count, float deviation) {
    base::RandomSequence random(2);
    std::vector<float> numbers(static_cast<std::size_t>(count));
    for (float& one : numbers) one = static_cast<float>(random.uniform() - 0.5) * std::sqrt(12.0f) * deviation;
    return numbers;
}

/// Tensors of a model; those of one type are views of the same memory.
class Tensors {
  public:
    Tensors(std::span<const std::byte> blocks, std::span<const float> numbers, std::span<const float> ones)
        : blocks_(blocks), numbers_(std::as_bytes(numbers)), ones_(std::as_bytes(ones)) {}

    void matrix(Part part, std::int64_t rows, std::int64_t columns, std::int64_t expert = 0) {
        put(part, expert, DType::q4_0, {rows, columns}, blocks_, rows * columns / block_values * block_bytes);
    }
    void floats(Part part, std::int64_t rows, std::int64_t columns) {
        put(part, 0, DType::f32, {rows, columns}, numbers_, rows * columns * 4);
    }
    void norm(Part part, std::int64_t size) { put(part, 0, DType::f32, {size}, ones_, size * 4); }
    model::WeightSource source() && { return model::WeightSource(model::TensorsInMemory(std::move(all_))); }

  private:
    void put(Part part, std::int64_t expert, DType type, tensor::Shape shape, std::span<const std::byte> from,
             std::int64_t bytes) {
        all_.push_back({model::hugging_face_name(part, 0, expert), type, std::move(shape),
                        from.first(static_cast<std::size_t>(bytes))});
    }
    std::span<const std::byte> blocks_, numbers_, ones_;
    std::vector<TensorView> all_;
};

void put_attention(const Config& c, Tensors& tensors) {
    const std::int64_t heads = c.num_attention_heads;
    tensors.norm(Part::attention_norm, c.hidden_size);
    tensors.matrix(Part::q, heads * c.qk_head_dim(), c.hidden_size);
    tensors.matrix(Part::kv_a, c.kv_lora_rank + c.qk_rope_head_dim, c.hidden_size);
    tensors.norm(Part::kv_a_norm, c.kv_lora_rank);
    tensors.matrix(Part::kv_b, heads * (c.qk_nope_head_dim + c.v_head_dim), c.kv_lora_rank);
    tensors.matrix(Part::o, c.hidden_size, heads * c.v_head_dim);
}

void put_feed_forward(const Config& c, Tensors& tensors) {
    tensors.norm(Part::ffn_norm, c.hidden_size);
    if (c.n_routed_experts == 0) {
        tensors.matrix(Part::gate, c.intermediate_size, c.hidden_size);
        tensors.matrix(Part::up, c.intermediate_size, c.hidden_size);
        tensors.matrix(Part::down, c.hidden_size, c.intermediate_size);
        return;
    }
    tensors.floats(Part::router, experts, c.hidden_size);
    for (std::int64_t e = 0; e < experts; ++e) {
        tensors.matrix(Part::expert_gate, inner, c.hidden_size, e);
        tensors.matrix(Part::expert_up, inner, c.hidden_size, e);
        tensors.matrix(Part::expert_down, c.hidden_size, inner, e);
    }
    tensors.matrix(Part::shared_gate, shared * inner, c.hidden_size);
    tensors.matrix(Part::shared_up, shared * inner, c.hidden_size);
    tensors.matrix(Part::shared_down, c.hidden_size, shared * inner);
}

}  // namespace

Config slice_config(SliceShape shape) {
    Config c;
    c.architecture = model::Architecture::deepseek2;
    c.vocab_size = 256;
    c.hidden_size = 2048;
    c.num_hidden_layers = 1;
    c.max_position_embeddings = 4096;
    c.rms_norm_eps = 1e-6;
    c.num_attention_heads = c.num_key_value_heads = 16;
    c.kv_lora_rank = 512;
    c.qk_nope_head_dim = 128;
    c.qk_rope_head_dim = 64;
    c.v_head_dim = 128;
    c.moe_intermediate_size = inner;
    c.intermediate_size = (shape == SliceShape::total ? experts + shared : used + shared) * inner;
    if (shape == SliceShape::sparse) {
        c.n_routed_experts = experts;
        c.num_experts_per_tok = used;
        c.n_shared_experts = shared;
    }
    return c;
}

SliceModels::SliceModels(base::ThreadPool& pool) {
    if (const base::Bytes available = base::available_memory(); available < slice_memory) {
        base::fail(base::ErrorCode::out_of_budget, "it takes {} of memory, and {} are free.",
                   base::readable(slice_memory), base::readable(available));
    }
    const Config widest = slice_config(SliceShape::total);
    blocks_ = random_blocks(widest.intermediate_size * widest.hidden_size, widest.hidden_size);
    numbers_ = random_numbers(widest.vocab_size * widest.hidden_size, deviation_for(widest.hidden_size));
    ones_.assign(static_cast<std::size_t>(widest.hidden_size), 1.0f);
    for (std::size_t i = 0; i < slice_shapes; ++i) {
        const Config c = slice_config(static_cast<SliceShape>(i));
        Tensors tensors(blocks_, numbers_, ones_);
        tensors.floats(Part::embedding, c.vocab_size, c.hidden_size);
        tensors.floats(Part::output_head, c.vocab_size, c.hidden_size);
        tensors.norm(Part::final_norm, c.hidden_size);
        put_attention(c, tensors);
        put_feed_forward(c, tensors);
        models_[i] = std::make_unique<model::Transformer>(c, std::move(tensors).source(), model::LoadOptions{}, pool);
    }
}

}  // namespace ergon::lab
