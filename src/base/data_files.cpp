#include "base/data_files.h"

namespace ergon::base {

std::filesystem::path data_directory() {
    return ERGON_DATA_DIR;
}

std::filesystem::path shipped_models_directory() {
    return data_directory().parent_path() / "models";
}

}  // namespace ergon::base
