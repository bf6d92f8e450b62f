#pragma once
// Files that a command will write, looked at before its work begins.

#include <string>
#include <string_view>
#include <vector>

namespace ergon::cli {

/// Whether an output's name is stdout: "-", or what the system calls it.
bool is_stdout(const std::string& name);

/// Whether one of a command's outputs is stdout, so that nothing else may be printed there.
bool any_is_stdout(const std::vector<std::string>& outputs);

/// A whole file, or all of stdout.
void write_output(const std::string& name, std::string_view content);

/// Throws Error(system) if one of `outputs` could not be written, Error(bad_argument) if two of them, or one and one of
/// `others` (what the command reads or keeps; what the machine's options name is added), are the same file, or one
/// would replace a file in a folder among `others` (a model); or if more than one is stdout. Empty names are outputs
/// that nobody asked for.
void check_outputs(const std::vector<std::string>& outputs, std::vector<std::string> others = {});

}  // namespace ergon::cli
