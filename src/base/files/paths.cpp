#include "base/files/paths.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <pwd.h>
#include <system_error>
#include <unistd.h>

#include "base/error.h"

namespace ergon::base {
namespace {

namespace fs = std::filesystem;

/// The uppermost folder on the way to a path that this user may not enter.
std::optional<fs::path> closed_folder(const fs::path& path) {
    fs::path folder;
    for (const fs::path& name : path.parent_path()) {
        folder /= name;
        if (::access(folder.c_str(), X_OK) != 0 && errno == EACCES) return folder;
    }
    return std::nullopt;
}

std::optional<fs::path> absolute_path_in(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value != '/') return std::nullopt;
    return fs::path(value);
}

std::optional<fs::path> folder_of_ergon(const char* variable, const char* below_home) {
    if (const auto named = absolute_path_in(variable)) return *named / "ergon";
    if (const auto home = home_folder()) return *home / below_home / "ergon";
    return std::nullopt;
}

}  // namespace

bool path_exists(const fs::path& path) {
    std::error_code hidden;
    return fs::exists(path, hidden);
}

bool is_folder(const fs::path& path) {
    std::error_code hidden;
    return fs::is_directory(path, hidden);
}

bool is_plain_file(const fs::path& path) {
    std::error_code hidden;
    return fs::is_regular_file(path, hidden);
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
        found.push_back(entry->path());
    }
    std::ranges::sort(found);
    return found;
}

void check_reachable(const fs::path& path) {
    std::error_code problem;
    if (fs::status(path, problem).type() != fs::file_type::none) return;  // there, or plainly not
    fail(ErrorCode::system, "cannot access {}: {}", path.string(), refusal(path, problem.value()));
}

void make_folders(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (!problem) return;
    fail(ErrorCode::system, "cannot create the folder {}: {}", folder.string(), refusal(folder, problem.value()));
}

std::string refusal(const fs::path& path, int code) {
    const char* const reason = std::strerror(code);
    if (code != EACCES && code != EPERM) return reason;
    const auto closed = closed_folder(path);
    return fmt::format("{}{}; run as a user with access, change the permissions, or name another path", reason,
                       closed ? fmt::format(" (no permission to enter the folder {})", closed->string()) : "");
}

std::optional<fs::path> home_folder() {
    if (const auto home = absolute_path_in("HOME")) return home;
    std::array<char, 16384> memory;
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(::geteuid(), &entry, memory.data(), memory.size(), &found);
    if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir != '/') return std::nullopt;
    return fs::path(found->pw_dir);
}

std::optional<fs::path> cache_directory() {
    return folder_of_ergon("XDG_CACHE_HOME", ".cache");
}

std::optional<fs::path> user_data_directory() {
    return folder_of_ergon("XDG_DATA_HOME", ".local/share");
}

}  // namespace ergon::base
