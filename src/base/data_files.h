#pragma once
// Where the data that ships with ergon is: prompt sets, tables, references.

#include <filesystem>

namespace ergon::base {

/// The folder data/ of the sources that this program was built from.
std::filesystem::path data_directory();

}  // namespace ergon::base
