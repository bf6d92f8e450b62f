#pragma once
// What the terminal behind stderr can do.

#include <cstddef>
#include <string>
#include <string_view>

namespace ergon::cli {

/// Whether stderr is a terminal that moves its cursor: TERM is neither unset nor "dumb".
bool screen_moves();
/// The same, and NO_COLOR (no-color.org) is unset or empty.
bool screen_has_colours();
/// Columns of the terminal as it is now; 80 where it does not say.
std::size_t screen_columns();

/// As much of a line's beginning as takes so many columns, where wide characters take two.
std::string cut_to_columns(std::string_view line, std::size_t columns);

}  // namespace ergon::cli
