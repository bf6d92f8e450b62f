#pragma once
// Where weights come from: tensors found by their part in the model, whatever the file format calls them.

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "tensor/tensor.h"

namespace ergon::model {

/// A tensor's part in the model. weight_source.cpp has the names under which the formats store each.
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
};

/// A tensor with what belongs to it.
struct SourceMatrix {
    tensor::TensorView weights;  // [rows, cols] or [count, rows, cols]
    tensor::TensorView scales;   // F8_E4M3: [ceil(rows/128), ceil(cols/128)]; else no bytes
};

/// A GGUF file or the safetensors of a Hugging Face folder. All look-ups check shape and type:
/// Error(bad_file) names the file, the tensor, what was found and what was expected.
class WeightSource {
  public:
    explicit WeightSource(formats::Gguf file) : files_(std::move(file)) {}
    explicit WeightSource(formats::Safetensors files) : files_(std::move(files)) {}

    std::string file() const;
    /// Every tensor, also those that the model does not use.
    std::span<const tensor::TensorView> tensors() const;
    /// Rows of Q and K lie permuted per head so that rotation pairs neighbours: the habit of GGUF's llama and deepseek.
    bool permutes_q_and_k() const { return std::holds_alternative<formats::Gguf>(files_); }

    bool has(Part part, std::int64_t layer = 0) const { return find(name(part, layer)) != nullptr; }
    /// Weights [rows, cols].
    SourceMatrix matrix(Part part, std::int64_t layer, std::int64_t rows, std::int64_t cols) const;
    /// Weights [count, rows, cols] of all experts: one stacked tensor (GGUF), or one for each (Hugging Face).
    std::vector<SourceMatrix> experts(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                                      std::int64_t cols) const;
    /// A stack [count, rows, cols] in one tensor.
    tensor::TensorView stack(Part part, std::int64_t layer, std::int64_t count, std::int64_t rows,
                             std::int64_t cols) const;
    /// `size` numbers, widened to F32.
    std::vector<float> vector(Part part, std::int64_t layer, std::int64_t size) const;
    /// The bias beside a matrix; empty if there is none.
    std::vector<float> bias(Part part, std::int64_t layer, std::int64_t size) const;

  private:
    const tensor::TensorView* find(const std::string& name) const;
    std::string name(Part part, std::int64_t layer, std::int64_t expert = 0) const;
    const tensor::TensorView& require(const std::string& name, const tensor::Shape& shape) const;
    SourceMatrix with_scales(const tensor::TensorView& weights) const;
    std::vector<float> widen(const tensor::TensorView& view) const;

    std::variant<formats::Gguf, formats::Safetensors> files_;
};

}  // namespace ergon::model
