#pragma once
// Files that a command will write, looked at before its work begins.

#include <string>
#include <vector>

namespace ergon::cli {

/// Throws Error(system) if one of `outputs` could not be written, Error(bad_argument) if two of them, or one and one of
/// `others` (what the command reads or keeps; what the machine's options name is added), are the same file, or one would replace a file in a folder among `others`
/// (a model). Empty names are outputs that nobody asked for.
void check_outputs(const std::vector<std::string>& outputs, std::vector<std::string> others = {});

}  // namespace ergon::cli
