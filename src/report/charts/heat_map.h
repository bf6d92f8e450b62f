#pragma once
// A field of cells coloured by their values: layers by experts.

#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct HeatRow {
    std::string label;
    std::vector<double> values;  // what is no number, or missing at the end, is a cell without a value
};

struct HeatMap {
    std::string title;
    std::string description;
    std::string quantity;  // what the colours mean: "energy"
    base::Unit unit;
    std::string rows_are;     // "layer"
    std::string columns_are;  // "expert"
    std::vector<std::string> column_labels;
    std::vector<HeatRow> rows;
};

/// Colours of the scale: classes h0 (least) to h11 (most), of even steps in lightness.
inline constexpr std::size_t heat_levels = 12;

bool has_data(const HeatMap& chart);
/// The cells are drawn once, in the wide drawing, under this id; the narrow one shows them again in its own size.
Markup draw(const HeatMap& chart, Format format, const std::string& id);
Table data_table(const HeatMap& chart);

}  // namespace ergon::report
