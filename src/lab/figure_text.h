#pragma once
// Labels, numbers and intervals as a terminal's table shows them.

#include <optional>
#include <string>

#include "energy/figure.h"
#include "lab/statistics/confidence_interval.h"

namespace ergon::lab {

/// Width of a label within a sentence or a block.
inline constexpr std::size_t label_width_in_text = 40;

/// A label without control characters, at most `width` characters, the middle left out where it is longer.
std::string shown(const std::string& label, std::size_t width = label_width_in_text);

/// About three significant digits of a number near 1 to 1000; "?" for what is no number.
std::string digits(double value);

/// A count in at most eight characters.
std::string count(std::int64_t amount);

/// "26.8 kJ (13.4-53.6)": one prefix for the value and its interval; with the method's first letter where methods
/// differ.
std::string figure_cell(const std::optional<energy::Figure>& figure, bool with_method);

/// "1.21 to 2.90", or "not known".
std::string interval_text(const ConfidenceInterval& estimate);

}  // namespace ergon::lab
