#pragma once
// Where weights come from: tensors found by their part in the model, whatever the file format calls them.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "model/weights/tensor_names.h"
#include "tensor/tensor.h"

namespace ergon::model {

/// A tensor with what belongs to it.
struct SourceMatrix {
    tensor::TensorView weights;  // [rows, cols] or [count, rows, cols]
    tensor::TensorView scales;   // F8_E4M3: [ceil(rows/128), ceil(cols/128)]; else no bytes
};

/// Tensors in a caller's buffers under the names of a Hugging Face folder: those of a model that is being trained.
class TensorsInMemory {
  public:
    explicit TensorsInMemory(std::vector<tensor::TensorView> tensors) : tensors_(std::move(tensors)) {}
    std::filesystem::path path() const { return "the model in memory"; }
    std::span<const tensor::TensorView> tensors() const { return tensors_; }
    const tensor::TensorView* find(std::string_view name) const;

  private:
    std::vector<tensor::TensorView> tensors_;
};

/// A GGUF file, the safetensors of a Hugging Face folder, or tensors in memory. All look-ups check shape and type:
/// Error(bad_file) names the file, the tensor, what was found and what was expected.
class WeightSource {
  public:
    explicit WeightSource(formats::Gguf file) : files_(std::move(file)) {}
    explicit WeightSource(formats::Safetensors files) : files_(std::move(files)) {}
    /// The buffers must outlive this and what is bound to it.
    explicit WeightSource(TensorsInMemory tensors) : files_(std::move(tensors)) {}

    std::string file() const;
    /// Every tensor, also those that the model does not use.
    std::span<const tensor::TensorView> tensors() const;
    /// Rows of Q and K lie permuted per head so that rotation pairs neighbours: the habit of GGUF's llama and deepseek.
    bool permutes_q_and_k() const { return std::holds_alternative<formats::Gguf>(files_); }

    /// Whether a tensor was given out by one of the look-ups below.
    bool was_used(const std::string& tensor) const { return used_.contains(tensor); }

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
    /// The bias beside a matrix.
    std::vector<float> bias(Part part, std::int64_t layer, std::int64_t size) const;

  private:
    const tensor::TensorView* find(const std::string& name) const;
    std::string name(Part part, std::int64_t layer, std::int64_t expert = 0) const;
    const tensor::TensorView& require(const std::string& name, const tensor::Shape& shape) const;
    SourceMatrix with_scales(const tensor::TensorView& weights) const;
    std::vector<float> widen(const tensor::TensorView& view) const;

    std::variant<formats::Gguf, formats::Safetensors, TensorsInMemory> files_;
    mutable std::unordered_set<std::string> used_;
};

}  // namespace ergon::model
