#pragma once
// Loading a model from a GGUF file or a Hugging Face folder.

#include <filesystem>
#include <memory>

#include "base/threads.h"
#include "model/config.h"
#include "model/language_model.h"

namespace ergon::model {

struct LoadOptions {
    /// Latent attention uses the absorbed form for prompts too (DESIGN, contract 1).
    bool strict = false;
};

/// A transformer with its weights. `pool` must outlive it.
class Model : public LanguageModel {
  public:
    virtual const Config& config() const = 0;
    /// Bytes of weights as they lie in memory.
    virtual base::Bytes weight_bytes() const = 0;
};

/// Throws base::Error: unknown architecture (the known ones are listed), missing or misshapen tensors (tensor, found,
/// expected).
std::unique_ptr<Model> load(const std::filesystem::path& path, const LoadOptions& options, base::ThreadPool& pool);

}  // namespace ergon::model
