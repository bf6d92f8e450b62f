#include "base/files/data_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/files/paths.h"

namespace ergon::base {

std::string_view embedded_text(std::string_view name) {
    const auto files = embedded_files();
    const auto found = std::ranges::find(files, name, &EmbeddedFile::name);
    if (found == files.end()) {
        fail(ErrorCode::not_found,
             "This build of ergon lacks its data file {}; build it again from a complete source tree.", name);
    }
    return found->text;
}

std::filesystem::path shipped_models_directory() {
    std::error_code none;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
    const std::filesystem::path installed = program.parent_path().parent_path() / "share/ergon/models";
    if (!program.empty() && is_folder(installed)) return installed;
    return ERGON_MODELS_DIR;
}

}  // namespace ergon::base
