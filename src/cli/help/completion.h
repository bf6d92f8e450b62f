#pragma once
// Completion for shells, from the definitions that --help prints.

#include <CLI/CLI.hpp>
#include <string>

namespace ergon::cli {

std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace ergon::cli
