#pragma once
// Horizontal bars, whole or stacked, with intervals.

#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/figure.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct Bar {
    std::string label;
    std::vector<double> parts;      // one for a whole bar, else one for each name of BarChart::parts
    std::optional<Range> interval;  // of the sum
    std::optional<energy::Method> method;
};

/// A whole bar of a figure, in joules.
Bar bar_of(std::string label, const energy::Figure& figure);

struct BarChart {
    std::string title;
    std::string description;  // what it shows, in a sentence or two
    std::string quantity;     // on the axis: "energy per answer"
    base::Unit unit;
    std::string bars_are;            // heading of the bars' names: "model"
    std::vector<std::string> parts;  // names of the stacked parts; none for whole bars
    std::vector<Bar> bars;           // drawn from top to bottom
};

/// No value if no number of the bar can be drawn. Positive parts stack to the right of zero, negative ones to the left.
std::optional<double> sum(const Bar& bar);

/// How its values were obtained, if that is the same for all bars, and what the whiskers are; nothing to say: empty.
std::string reading_note(const BarChart& chart);

bool has_data(const BarChart& chart);
Markup draw(const BarChart& chart, Format format);
Table data_table(const BarChart& chart);

}  // namespace ergon::report
