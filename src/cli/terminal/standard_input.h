#pragma once
// What is piped into a command.

#include <string>

namespace ergon::cli {

/// All of stdin, byte for byte. Throws Error(out_of_budget) beyond 256 MiB, Error(system) if it cannot be read.
std::string read_standard_input();

/// The same without the last line's end, for text that belongs to a prompt. Who gives nothing for two seconds is told
/// that it is waited for. Nothing where stdin is closed (`<&-`, nohup).
std::string read_piped_text();

}  // namespace ergon::cli
