#pragma once
// Tokens to a tree.

#include <string_view>

#include "text/jinja/ast.h"

namespace ergon::text::jinja {

/// Parses a whole template. Throws SyntaxError.
Body parse(std::string_view source);

}  // namespace ergon::text::jinja
