#pragma once
// Questions about paths that never throw, what a refusal means, and where the user's files are.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ergon::base {

/// Whether something is there, as far as this user can see: what may not be looked at is not there. These never throw,
/// unlike their namesakes in the standard library, which turn a missing permission into an exception.
bool path_exists(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
bool is_plain_file(const std::filesystem::path& path);

/// What lies in a folder, sorted; as much as this user may read of it. Never throws.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder);

/// For what the user named: throws Error(system) if its being there cannot be known (a folder above it may not be
/// entered, links go in a circle, a name is too long). What is plainly absent is left to the caller.
void check_reachable(const std::filesystem::path& path);

/// Makes a folder and those above it. Throws Error(system).
void make_folders(const std::filesystem::path& folder);

/// An errno in words, with the folder that may not be entered and the remedy where a permission is missing.
std::string refusal(const std::filesystem::path& path, int code);

/// The user's own folder: $HOME, else what the user database says. Nothing where neither is an absolute path.
std::optional<std::filesystem::path> home_folder();

/// ${XDG_CACHE_HOME:-~/.cache}/ergon and ${XDG_DATA_HOME:-~/.local/share}/ergon. Relative ones do not count (XDG Base
/// Directory Specification 0.8). Nothing where there is no home either.
std::optional<std::filesystem::path> cache_directory();
std::optional<std::filesystem::path> user_data_directory();

}  // namespace ergon::base
