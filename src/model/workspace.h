#pragma once
// The memory in which a step's activations live. It grows to the largest step seen and is then used again and again.

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/matmul.h"

namespace ergon::model {

/// F32 values whose number grows but never shrinks.
class Buffer {
  public:
    /// At least n values; what they held before is lost when the buffer grows.
    float* of(std::int64_t n) {
        if (n > size_) {
            values_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(n));
            size_ = n;
        }
        return values_.get();
    }
    float* data() const { return values_.get(); }

  private:
    std::unique_ptr<float[]> values_;
    std::int64_t size_ = 0;
};

struct Workspace {
    Buffer residual, normed, update;  // [tokens, hidden_size]
    Buffer cosines, sines;            // [tokens, rope_dim / 2]
    Buffer q, k, v;                   // outputs of the projections
    Buffer q_latent, kv_latent;       // [tokens, q_lora_rank], [tokens, kv_lora_rank + qk_rope_head_dim]
    Buffer queries;                   // as attention wants them (attention_gqa.cpp, attention_mla.cpp)
    Buffer attended;                  // [tokens, heads, value_head_dim]
    Buffer latents, expanded_k, expanded_v, attended_latents;  // attention_mla.cpp
    Buffer gate, up;                                           // [tokens or slots, inner size]
    Buffer scores, slot_outputs;                               // [tokens, n_routed_experts], [slots, hidden_size]
    Buffer attention_workers, attention_partial;               // attend.cpp
    kernels::QuantisedRows quantised;
    std::vector<std::int32_t> index;
    std::vector<std::int64_t> segments;
    std::vector<kernels::Product> products;
};

}  // namespace ergon::model
