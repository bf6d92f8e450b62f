#pragma once
// Points in two quantities, each named: accuracy against joules, with the Pareto front.

#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/figure.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct ScatterPoint {
    std::string label;
    double x = 0;
    double y = 0;
    std::optional<Range> x_interval = {};
    std::optional<Range> y_interval = {};
    std::optional<energy::Method> method = {};  // how x was obtained
};

struct Scatter {
    std::string title;
    std::string description;
    std::string points_are;  // "model"
    std::string x_quantity;
    base::Unit x_unit;
    std::string y_quantity;
    base::Unit y_unit;
    std::vector<ScatterPoint> points;
    bool with_front = false;  // less of x and more of y is better, and the front is drawn
};

/// The points that no other beats: those for which none has as little x and as much y, and less of the one or more of
/// the other. Indices in ascending order of x; equal points are all on the front, points without a place never.
std::vector<std::size_t> pareto_front(const std::vector<ScatterPoint>& points);

/// How x was obtained, what whiskers and the stepped line are, which axes are logarithmic, and whether names are
/// missing.
std::string reading_note(const Scatter& chart);

bool has_data(const Scatter& chart);
Markup draw(const Scatter& chart, Format format);
Table data_table(const Scatter& chart);

}  // namespace ergon::report
