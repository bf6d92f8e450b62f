#pragma once
// Lines over a common axis, with bands for their intervals: watts over time.

#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "report/charts/bar_chart.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct LinePoint {
    double x = 0;
    double y = 0;  // what is no number is a gap in the line
    std::optional<Range> interval;
};

struct Line {
    std::string label;
    std::vector<LinePoint> points;  // in ascending order of x
};

struct LineChart {
    std::string title;
    std::string description;
    std::string x_quantity;
    base::Unit x_unit;
    std::string y_quantity;
    base::Unit y_unit;
    std::vector<Line> lines;
};

bool has_data(const LineChart& chart);
Markup draw(const LineChart& chart, Format format);
Table data_table(const LineChart& chart);

}  // namespace ergon::report
