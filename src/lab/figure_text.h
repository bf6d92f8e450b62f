#pragma once
// Labels, numbers and intervals as a terminal's table shows them.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/figure.h"
#include "lab/statistics/confidence_interval.h"

namespace ergon::lab {

/// Width of a label within a sentence or a block.
inline constexpr std::size_t label_width_in_text = 40;

/// A table's labels keep so much, whatever else is in a row.
inline constexpr int min_label_width = 8;

/// A label without control characters, at most `width` characters, the middle left out where it is longer.
std::string shown(const std::string& label, std::size_t width = label_width_in_text);

/// About three significant digits of a number near 1 to 1000, two of a smaller one, "5.4e14" of what would be long; "?"
/// for what is no number.
std::string digits(double value);

/// A count in at most eight characters.
std::string count(std::int64_t amount);

using ShownFigures = std::vector<std::optional<energy::Figure>>;

/// The figures of all rows.
template <typename Rows, typename Of>
ShownFigures figure_column(const Rows& rows, Of of) {
    ShownFigures column;
    for (const auto& row : rows) column.push_back(std::invoke(of, row));
    return column;
}

/// The prefix of all of them.
base::Scale scale_of(const ShownFigures& column);

/// "26.8 kJ (13.4-53.6)": one prefix for the value and its interval, the column's; with the method's first letter where
/// methods differ.
std::string figure_cell(const std::optional<energy::Figure>& figure, bool with_method, const base::Scale& scale);
/// Those of a whole column.
std::vector<std::string> figure_cells(const ShownFigures& column, bool with_method);
/// How many characters the widest has, but at least so many.
int widest_of(const std::vector<std::string>& cells, int at_least);
/// A figure by itself, in watt hours too if it has one: "26.8 kJ (13.4-53.6) (7.44 Wh)".
std::string figure_text(const energy::Figure& figure);

/// "0.0132", and "< 0.0001" where these decimals would show nothing.
std::string p_value_text(double p, int decimals);

/// "1.21 to 2.90", or "not known".
std::string interval_text(const ConfidenceInterval& estimate);

}  // namespace ergon::lab
