#pragma once
// The files of a folder.

#include <filesystem>
#include <string_view>
#include <vector>

namespace ergon::tasks {

/// The files in a folder and the folders under it whose names end so, sorted. Links to folders are not followed. Throws
/// Error(system) if a folder cannot be read, Error(bad_file) for more than 100,000 files.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder, std::string_view ending);

}  // namespace ergon::tasks
