#include "base/files/data_files.h"

#include <algorithm>

#include "base/error.h"

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
    return ERGON_MODELS_DIR;
}

}  // namespace ergon::base
