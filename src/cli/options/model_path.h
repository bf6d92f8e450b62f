#pragma once
// From what a user calls a model to where it is.

#include <filesystem>
#include <string>

namespace ergon::cli {

/// MODEL as a path: a file or folder as it is named; else, for a plain name, NAME or NAME.gguf in models/ and in the
/// cache's models folder. Throws Error(not_found) with the places searched and the models that are there.
std::filesystem::path find_model(const std::string& model);

}  // namespace ergon::cli
