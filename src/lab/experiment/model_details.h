#pragma once
// What a model is made of, under the keys by which contenders are told apart.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/units.h"
#include "model/config/config.h"

namespace ergon::lab {

/// {"architecture", "parameters": {"total", "active"}, "experts", "bits_per_weight"}.
nlohmann::ordered_json model_details(const model::Config& config, base::Bytes weights);

struct ModelFile {
    nlohmann::ordered_json details;  // as above, and "weight_bytes" and "vocabulary"; what is not known is left out
    std::string hash;                // file_fingerprint
};

/// From the header of a GGUF file or of a Hugging Face folder, whether or not ergon can run such a model. Empty if it
/// is neither.
ModelFile describe_model_file(const std::filesystem::path& path);

}  // namespace ergon::lab
