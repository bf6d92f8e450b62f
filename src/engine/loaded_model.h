#pragma once
// A model with all that is needed to run it and to talk to it, loaded from one path.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "base/units.h"
#include "engine/chat_format.h"
#include "model/load.h"

namespace ergon::engine {

struct LoadedModel {
    std::filesystem::path path;
    std::string name;  // model_name(path)
    std::unique_ptr<model::LanguageModel> model;
    base::Bytes weight_bytes{};
    ChatFormat chat;
    std::vector<std::string> unused;      // tensors and keys of its files (model::LoadOptions::allow_unused)
    std::optional<model::Config> config;  // absent for a scripted model
};

/// Loads a GGUF file, a Hugging Face folder or a scripted model. `pool` must outlive what is returned. Throws
/// base::Error.
LoadedModel load_model(const std::filesystem::path& path, const model::LoadOptions& options, base::ThreadPool& pool);

/// A tokenizer of so many tokens must not write what the model cannot read: Error(bad_file).
void check_vocabulary(const std::filesystem::path& path, std::int64_t tokens, std::int64_t vocabulary);

/// Bytes of the tensors in the files that loading `path` reads: about what the weights take in memory. Throws
/// base::Error.
base::Bytes bytes_in_files(const std::filesystem::path& path);

}  // namespace ergon::engine
