#pragma once
// What a model says of itself: what it is for, in one sentence.

#include <filesystem>
#include <string>

namespace ergon::cli {

/// What a model is for, in its own words and one line: `general.description` of a GGUF file, else the first sentence
/// below the title of the card beside it (NAME.md). Empty if there is neither.
std::string model_purpose(const std::filesystem::path& model);

}  // namespace ergon::cli
