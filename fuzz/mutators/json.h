#pragma once
// Mutates JSON as a tree: wherever it stands in an input, it stays JSON.

#include <string>

#include "choices.h"

namespace ergon::fuzz {

/// Changes one value or more of one JSON object or list that stands in `input` (a file, a line of a stream, the header
/// of another format). Input without one is mutated plainly.
std::string json_mutated(const std::string& input, Choices& choices);

}  // namespace ergon::fuzz
