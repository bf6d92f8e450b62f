#pragma once
// The data that ships with ergon: tables, references and prompt sets are part of the program, models are files.

#include <filesystem>
#include <span>
#include <string_view>

namespace ergon::base {

/// A file of data/ as it was when the program was built (cmake/Embed.cmake).
struct EmbeddedFile {
    std::string_view name;  // its path below data/: "prompts/everyday.jsonl"
    std::string_view text;
};
std::span<const EmbeddedFile> embedded_files();

/// Its text. Throws Error(not_found) if the program was built without it: other tables would give other joules.
std::string_view embedded_text(std::string_view name);

/// The small models that ship: in ../share/ergon/models beside an installed program, else in models/ of the sources
/// that this one was built from.
std::filesystem::path shipped_models_directory();

}  // namespace ergon::base
