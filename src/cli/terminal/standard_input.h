#pragma once

#include <string>

namespace ergon::cli {

/// All of stdin, byte for byte. Throws Error(out_of_budget) beyond 256 MiB, Error(system) if it cannot be read.
std::string read_standard_input();

}  // namespace ergon::cli
