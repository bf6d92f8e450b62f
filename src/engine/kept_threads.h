#pragma once
// Choices of threads kept from run to run, beside what else is kept of this machine.

#include <filesystem>
#include <optional>
#include <string>

#include "model/language_model.h"

namespace ergon::engine {

/// What was kept under `key` (a digest of machine, model and version); nothing if the file is not there, cannot be read
/// or says nothing of it. Throws nothing: a choice can be made again.
std::optional<model::StepThreads> kept_threads(const std::filesystem::path& file, const std::string& key) noexcept;

/// Keeps it, with what the file holds already (the last 200 choices). Whether that worked; a folder that cannot be
/// written is no error.
bool keep_threads(const std::filesystem::path& file, const std::string& key,
                  const model::StepThreads& threads) noexcept;

}  // namespace ergon::engine
