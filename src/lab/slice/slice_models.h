#pragma once
// Models of one layer with random weights: a sparse one in the shape of DeepSeek-V2-Lite, and dense ones beside it.

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/threads.h"
#include "base/units.h"
#include "model/load.h"

namespace ergon::lab {

enum class SliceShape : std::uint8_t {
    sparse,  // 64 routed experts of 1,408, of which a token uses 6, and 2 shared ones
    active,  // dense, as wide as what a token uses of the sparse one: 11,264
    total,   // dense, as wide as all that the sparse one has: 92,928
};
inline constexpr std::size_t slice_shapes = 3;

/// The published shape of V2-Lite's layers (huggingface.co/deepseek-ai/DeepSeek-V2-Lite, config.json) with one of them;
/// a dense one differs in its feed-forward layer alone. The vocabulary is small: nothing of it is measured.
model::Config slice_config(SliceShape shape);

/// What all of it takes while it is made, at most (derived: 682 MB of weights, the 107 MB that they are made of,
/// caches).
inline constexpr base::Bytes slice_memory{1'000'000'000};

/// The three, weights in Q4_0 (norms, router and embedding in F32). Random weights are one pattern over and over, which
/// costs what others cost: speed and joules depend on shapes and formats alone.
class SliceModels {
  public:
    /// Throws Error(out_of_budget) where the memory is not free. `pool` must outlive it.
    explicit SliceModels(base::ThreadPool& pool);
    model::LanguageModel& operator[](SliceShape shape) { return *models_[static_cast<std::size_t>(shape)]; }

  private:
    std::vector<std::byte> blocks_;  // of Q4_0, as many as the largest matrix has
    std::vector<float> numbers_;     // of router and embedding
    std::vector<float> ones_;        // norms
    std::array<std::unique_ptr<model::LanguageModel>, slice_shapes> models_;
};

}  // namespace ergon::lab
