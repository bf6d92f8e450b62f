#pragma once
// Loading a model from a GGUF file or a Hugging Face folder.

#include <filesystem>
#include <memory>

#include "base/threads.h"
#include "model/config/config.h"
#include "model/language_model.h"

namespace ergon::model {

struct LoadOptions {
    /// Latent attention uses the absorbed form for prompts too (contract 1 of docs/architecture.md).
    bool strict = false;
    /// Tensors and keys that the model does not use are left so; without it they are an error.
    bool allow_unused = false;
};

/// A transformer with its weights. `pool` must outlive it.
class Model : public LanguageModel {
  public:
    virtual const Config& config() const = 0;
    /// Bytes of weights as they lie in memory.
    virtual base::Bytes weight_bytes() const = 0;
    /// Tensors and keys of its files that are not used (LoadOptions::allow_unused).
    virtual const std::vector<std::string>& unused() const = 0;
};

/// Throws base::Error: unknown architecture (the known ones are listed), missing, misshapen or unused tensors and keys
/// (name, found, expected).
std::unique_ptr<Model> load(const std::filesystem::path& path, const LoadOptions& options, base::ThreadPool& pool);

}  // namespace ergon::model
