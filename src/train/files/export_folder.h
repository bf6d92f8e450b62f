#pragma once
// A trained model as a Hugging Face folder: config.json, model.safetensors, the tokenizer's files.

#include <filesystem>

#include "base/json/json.h"
#include "engine/chat_format.h"
#include "train/weights.h"

namespace ergon::train {

/// What config.json says of the shape, under the names that transformers reads (DeepseekV3, DeepseekV2 or Llama).
base::Json hugging_face_config(const Architecture& architecture);

/// Writes the folder, each file aside and renamed, the weights last; `words` was read from the tokenizer's folder,
/// whose files are copied. If the chat template is that of `ergon train-tokenizer`, it becomes the one of a model that
/// always thinks, or never. Throws Error(system | not_found).
void export_folder(const std::filesystem::path& folder, const Weights& weights, const engine::ChatFormat& words,
                   bool thinking);

}  // namespace ergon::train
