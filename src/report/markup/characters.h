#pragma once
// Text from outside as characters: measured and cut.

#include <cstddef>
#include <string>
#include <string_view>

namespace ergon::report {

struct Beginning {
    std::string text;
    std::size_t left_out = 0;  // characters behind it
};
/// The first characters of a text, at most so many.
Beginning beginning_of(std::string_view utf8, std::size_t most);

/// About how wide a text is drawn in a sans-serif face, in units of the font size. The face is the reader's, so this is
/// an estimate (assumed: about DejaVu Sans, the widest of the common ones).
double width_in_ems(std::string_view utf8);

/// The text, its end replaced by "…" where it is wider than `ems`.
std::string shortened(std::string_view utf8, double ems);

}  // namespace ergon::report
