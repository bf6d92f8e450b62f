#pragma once
// Man pages from the definitions that --help prints.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ergon::cli {

/// "ergon", "ergon meter calibrate"
std::string full_name(const CLI::App& command);

/// The same with hyphens: "ergon-meter-calibrate".
std::string page_name(const CLI::App& command);

/// The commands below this one that help lists.
std::vector<const CLI::App*> listed_commands(const CLI::App& command);

/// The page of one command in man(7)'s macros. `version` is the program's.
std::string man_page(const CLI::App& command, const std::string& version);

}  // namespace ergon::cli
