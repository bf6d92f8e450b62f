#pragma once
// Where the data that ships with ergon is: prompt sets, tables, references.

#include <filesystem>

namespace ergon::base {

/// The folder data/ of the sources that this program was built from.
std::filesystem::path data_directory();

/// The folder models/ of those sources: the small models that ship.
std::filesystem::path shipped_models_directory();

}  // namespace ergon::base
