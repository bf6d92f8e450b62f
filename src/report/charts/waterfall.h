#pragma once
// From one amount to another by factors: what makes one model dearer than the other.

#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/figure.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct Factor {
    std::string label;                // "longer thoughts"
    double logarithm = 0;             // natural; 0 changes nothing
    std::optional<Range> interval{};  // of the logarithm
};

struct Waterfall {
    std::string title;
    std::string description;
    std::string quantity;  // on the axis: "energy per answer"
    base::Unit unit;
    std::string steps_are;  // heading of the names: "step"
    std::string start_label;
    double start = 0;
    std::vector<Factor> factors;  // in the order in which they are multiplied
    std::string end_label;
    std::optional<energy::Method> method{};  // how both amounts were obtained
};

/// The start times all factors: the logarithms add up, so that no remainder is left.
double end_of(const Waterfall& chart);

/// How the amounts were obtained and how the arrows are read.
std::string reading_note(const Waterfall& chart);

/// Whether every amount on the way is a positive number: if not, nothing can be drawn.
bool has_data(const Waterfall& chart);
/// On a logarithmic axis, where a factor has the same length wherever it stands.
Markup draw(const Waterfall& chart, Format format);
Table data_table(const Waterfall& chart);

}  // namespace ergon::report
