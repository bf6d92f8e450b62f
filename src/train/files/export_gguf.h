#pragma once
// A trained model as a GGUF file that ergon and llama.cpp read.

#include <filesystem>
#include <string>

#include "tensor/dtype.h"
#include "train/weights.h"

namespace ergon::train {

/// Writes weights, shape and tokenizer (the folder's) to one file, aside and renamed. Matrices are stored as `type`:
/// F32, F16 or Q8_0 (rounded to the nearest of 255 steps, as activations are in products; matrices whose rows are no
/// multiple of 32 as F16); norms, router and biases as F32. Latent attention has W_UK and W_UV apart, the former
/// transposed; the block for multi-token prediction, which llama.cpp refuses, is written only if `mtp`. `description`:
/// what the model is for (general.description), if not empty. Throws Error(unsupported) for another type, Error(system
/// | bad_file).
void export_gguf(const std::filesystem::path& path, const Weights& weights, const std::filesystem::path& tokenizer,
                 tensor::DType type, bool mtp, const std::string& description = {});

}  // namespace ergon::train
