#pragma once
// The weights that are trained, in F32, each with its gradient, and what products read of them. Shapes as in PyTorch:
// [out, in].

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/threads.h"
#include "model/config/config.h"
#include "model/weights/tensor_names.h"
#include "tensor/tensor.h"
#include "train/arena.h"
#include "train/optimizer/precision.h"

namespace ergon::train {

/// A matrix [rows, cols], or a vector [1, cols].
struct Weight {
    std::int64_t rows = 0, cols = 0;
    float* value = nullptr;
    float* gradient = nullptr;
    /// What products read: the values themselves, or rounded from them: BF16, or E4M3 in blocks of 128 x 128, each with
    /// an F32 scale.
    tensor::DType type = tensor::DType::f32;
    void* rounded = nullptr;  // [rows, cols]
    float* scales = nullptr;  // [rows / 128, cols / 128], rounded up

    bool empty() const { return rows == 0; }
    std::int64_t values() const { return rows * cols; }
};

struct GqaWeights {
    Weight q;     // [num_attention_heads * head_dim, hidden_size]
    Weight k, v;  // [num_key_value_heads * head_dim, hidden_size]
    Weight o;     // [hidden_size, num_attention_heads * head_dim]
};

/// H = num_attention_heads.
struct MlaWeights {
    Weight q_a, q_a_norm;  // [q_lora_rank, hidden_size], [q_lora_rank]; empty: none
    Weight q;              // [H * (qk_nope + qk_rope), q_lora_rank or hidden_size]
    Weight kv_a;           // [kv_lora_rank + qk_rope, hidden_size]
    Weight kv_a_norm;      // [kv_lora_rank]
    Weight kv_b;           // [H * (qk_nope + v_head_dim), kv_lora_rank]: per head W_UK, then W_UV
    Weight o;              // [hidden_size, H * v_head_dim]
};

struct FfnWeights {
    Weight gate, up;  // [inner, hidden_size]
    Weight down;      // [hidden_size, inner]
};

struct MoeWeights {
    Weight router;         // [n_routed_experts, hidden_size]
    std::size_t bias = 0;  // which of Weights::biases(), if the configuration has one
    std::vector<FfnWeights> experts;
    std::optional<FfnWeights> shared;
};

struct BlockWeights {
    Weight attention_norm;  // [hidden_size]
    std::variant<GqaWeights, MlaWeights> attention;
    Weight ffn_norm;  // [hidden_size]
    std::variant<FfnWeights, MoeWeights> ffn;
};

/// Multi-token prediction of depth 1 (DeepSeek-V3, section 2.2). Embedding and head are those of the model.
struct MtpWeights {
    Weight embedding_norm, hidden_norm;  // [hidden_size]
    Weight projection;                   // [hidden_size, 2 * hidden_size], of [embedding ; hidden]
    BlockWeights block;
    Weight norm;  // [hidden_size]
};

/// What has a name in a model's files.
struct NamedWeight {
    model::Part part;
    std::int64_t layer, expert;
    Weight weight;
    bool decays;  // weight decay: matrices, not norms
    std::string name() const { return model::hugging_face_name(part, layer, expert); }
};

/// What is trained: a model's shape, whether a block for multi-token prediction stands behind it, and in which formats.
struct Architecture {
    model::Config config;
    bool mtp = false;
    Precision precision = Precision::fp32;
};

struct WeightBytes {
    base::Bytes values{};     // F32, the master weights
    base::Bytes gradients{};  // F32
    base::Bytes rounded{};    // what products read, where that is not the values
};
/// Throws Error(unsupported) as Weights does.
WeightBytes weight_bytes(const Architecture& architecture);

class Weights {
  public:
    /// Norms 1, all else 0. Throws Error(unsupported) for architectures that are not trained: llama (GQA) and deepseek2
    /// (MLA) are. Throws Error(out_of_budget).
    explicit Weights(const Architecture& architecture);
    Weights(const Weights&) = delete;
    Weights& operator=(const Weights&) = delete;

    /// Matrices drawn from a normal distribution of mean 0 by `seed`: the same on every machine.
    void initialise(std::uint64_t seed, float standard_deviation);
    /// All gradients 0.
    void clear_gradients();
    /// Makes what products read from the values, which have changed.
    void round(base::ThreadPool& pool);
    WeightBytes bytes() const { return {values_.size(), gradients_.size(), rounded_.size()}; }

    const Architecture& architecture() const { return architecture_; }
    const std::vector<NamedWeight>& named() const { return named_; }
    /// All values, and all gradients, as one run each: named weights one after the other, with gaps of 0.
    std::span<float> values();
    std::span<float> gradients();
    /// The correction biases of the layers that have one, with their layer.
    struct Bias {
        std::int64_t layer;
        std::vector<float> values;
    };
    std::vector<Bias>& biases() { return biases_; }
    const std::vector<Bias>& biases() const { return biases_; }
    /// Values and biases under the names of a Hugging Face folder. They point into this object.
    std::vector<tensor::TensorView> tensors() const;

    Weight embedding;  // [vocab_size, hidden_size]
    std::vector<BlockWeights> layers;
    Weight final_norm;
    Weight head;  // [vocab_size, hidden_size]; the embedding itself if tied
    std::optional<MtpWeights> mtp;

  private:
    friend WeightBytes weight_bytes(const Architecture& architecture);
    struct CountOnly {};
    Weights(const Architecture& architecture, CountOnly);
    void lay_out();
    Weight take(model::Part part, std::int64_t layer, std::int64_t rows, std::int64_t cols, std::int64_t expert = 0);
    BlockWeights block(std::int64_t layer);
    GqaWeights gqa(std::int64_t layer);
    MlaWeights mla(std::int64_t layer);
    MoeWeights moe(std::int64_t layer);
    FfnWeights ffn(model::Part gate, model::Part up, model::Part down, std::int64_t layer, std::int64_t inner,
                   std::int64_t expert = 0);

    tensor::DType product_type(model::Part part) const;

    Architecture architecture_;
    Arena values_, gradients_, rounded_;
    std::vector<NamedWeight> named_;
    std::vector<Bias> biases_;
};

}  // namespace ergon::train
