#pragma once
// All that a run of training needs to go on: weights, biases, moments and where it stood, in one safetensors file that
// is written aside and renamed.

#include <cstdint>
#include <filesystem>

#include "train/optimizer/trainer.h"

namespace ergon::train {

/// `more` is what else the run needs, under names of its own. Throws Error(system).
void save_checkpoint(const std::filesystem::path& path, Weights& weights, Trainer& trainer, std::uint64_t recipe,
                     std::span<const tensor::TensorView> more = {});

/// `recipe` is the fingerprint that it was saved with; `more` views memory that is overwritten. Throws Error(bad_file)
/// naming the tensor that is missing or misshapen, or where the recipe was another.
void load_checkpoint(const std::filesystem::path& path, Weights& weights, Trainer& trainer, std::uint64_t recipe,
                     std::span<const tensor::TensorView> more = {});

}  // namespace ergon::train
