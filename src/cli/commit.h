#pragma once
// The commit that this program was built from; cmake/WriteCommit.cmake writes its source at each build.

#include <string_view>

namespace ergon::cli {

/// "1a2b3c4d5e6f", "1a2b3c4d5e6f, changed"; empty if ergon was not built from a git checkout.
std::string_view commit();

}  // namespace ergon::cli
