#include "base/data_files.h"

namespace ergon::base {

std::filesystem::path data_directory() {
    return ERGON_DATA_DIR;
}

}  // namespace ergon::base
