#pragma once
// How many processors this process may use.

#include <filesystem>

namespace ergon::base {

/// Processors that this process may use, at least 1: those of its affinity mask (cpusets included), or fewer where the
/// quota of its control groups, rounded up, is less. `root` stands for /, in tests.
int available_processors(const std::filesystem::path& root = "/");

}  // namespace ergon::base
