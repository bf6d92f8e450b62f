#pragma once
// A model's files and vocabulary told from others by 16 hexadecimal digits.

#include <filesystem>
#include <string>

#include "text/tokenizer/tokenizer.h"

namespace ergon::lab {

/// Tells files apart without reading gigabytes: names, sizes and evenly spaced samples of all files of a model.
std::string file_fingerprint(const std::filesystem::path& path);

/// Equal for vocabularies with the same tokens in the same order.
std::string vocabulary_fingerprint(const text::Tokenizer& tokenizer);

}  // namespace ergon::lab
