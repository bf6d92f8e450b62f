#pragma once
// Text for a terminal.

#include <string>
#include <string_view>

namespace ergon::base {

/// Columns of what is printed.
inline constexpr int table_width = 100;

/// Breaks text at spaces so that no line is wider than `columns`; ends with a newline.
std::string wrapped(std::string_view text, int columns = table_width);

/// No line ends in spaces: cells that are as wide as their column leave some.
std::string without_trailing_blanks(std::string_view text);

}  // namespace ergon::base
