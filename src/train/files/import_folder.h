#pragma once
// Weights to begin with, from a Hugging Face folder: what an earlier run made, or a published model.

#include <filesystem>

#include "train/weights.h"

namespace ergon::train {

/// Overwrites values and correction biases. Throws Error(bad_file) naming the tensor that is missing or of another
/// shape, Error(unsupported) for one that is not in F32, F16 or BF16,
/// or a bias that layers here do not have.
void import_folder(const std::filesystem::path& folder, Weights& weights);

}  // namespace ergon::train
