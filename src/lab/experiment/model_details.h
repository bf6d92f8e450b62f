#pragma once
// What a model is made of, from its configuration or its files.

#include <filesystem>
#include <string>

#include "base/units.h"
#include "lab/store/contender_details.h"
#include "model/config/config.h"

namespace ergon::lab {

/// All but its vocabulary.
ModelDetails model_details(const model::Config& config, base::Bytes weights);

struct ModelFile {
    ModelDetails details;
    std::string hash;  // file_fingerprint; empty if it could not be read
};

/// From the header of a GGUF file or of a Hugging Face folder, whether or not ergon can run such a model. Empty if it
/// is neither.
ModelFile describe_model_file(const std::filesystem::path& path);

}  // namespace ergon::lab
