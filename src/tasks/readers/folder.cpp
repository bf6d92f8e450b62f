#include "tasks/readers/folder.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/files/paths.h"

namespace ergon::tasks {
namespace {

constexpr std::size_t max_files = 100'000;  // assumed; MATH, with a file for each problem, has 12,500

}  // namespace

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder, std::string_view ending) {
    std::vector<std::filesystem::path> files;
    try {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            if (entry.is_symlink() && entry.is_directory()) {
                base::fail(
                    base::ErrorCode::bad_file,
                    "{} is a symbolic link to a folder, which is not followed; replace it with the folder itself.",
                    entry.path().string());
            }
            if (!entry.path().filename().string().ends_with(ending)) continue;
            if (!entry.is_regular_file()) {
                base::fail(base::ErrorCode::bad_file,
                           "{} is not a regular file (a folder, a pipe or a broken link); replace or remove it.",
                           entry.path().string());
            }
            files.push_back(entry.path());
            if (files.size() > max_files) {
                base::fail(base::ErrorCode::bad_file,
                           "{} has more than {} files that end in {}; give the folder of one test.", folder.string(),
                           max_files, ending);
            }
        }
    } catch (const std::filesystem::filesystem_error& error) {
        base::fail(base::ErrorCode::system, "cannot read the folder {}: {}", folder.string(),
                   base::refusal(error.path1(), error.code().value()));
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace ergon::tasks
