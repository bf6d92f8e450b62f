#pragma once
// A Hugging Face model folder: its JSON files.

#include <filesystem>

#include "base/json/json.h"

namespace ergon::formats {

/// The JSON files of a model folder; absent ones are null, config.json is required. Each is an object.
struct HfFolder {
    std::filesystem::path path;
    base::Json config;
    base::Json generation_config;
    base::Json tokenizer_config;
    /// tokenizer.json is large; it is parsed by whoever needs it.
    std::filesystem::path tokenizer_json() const { return path / "tokenizer.json"; }

    /// Throws Error(not_found) if it is no such folder, Error(bad_file) if one of its files is wrong.
    static HfFolder open(const std::filesystem::path& path);
    /// The same for a folder that may hold a tokenizer and no model: tokenizer_config.json will do instead of
    /// config.json.
    static HfFolder open_tokenizer(const std::filesystem::path& path);
};

}  // namespace ergon::formats
