#pragma once
// The same quantity of several contenders, row by row: joules of each prompt.

#include <optional>
#include <string>
#include <vector>

#include "base/strings/format_number.h"
#include "energy/figure.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct Contender {
    std::string label;
    std::optional<energy::Method> method;  // how its values were obtained
};

struct Dot {
    double value = 0;  // what is no number has no dot
    std::optional<Range> interval;
};

struct DotRow {
    std::string label;
    std::vector<Dot> dots;  // one for each contender; those missing at the end have no value
};

struct PairedDots {
    std::string title;
    std::string description;
    std::string quantity;  // on the axis: "energy per answer"
    base::Unit unit;
    std::string rows_are;  // "prompt"
    std::vector<Contender> contenders;
    std::vector<DotRow> rows;  // drawn from top to bottom
    std::string others = {};   // where rows are found that the data leave out: "every answer is in run.sqlite"
};

/// A page's data hold so many rows of a chart (assumed: more than anybody reads there, some 50 kB).
inline constexpr std::size_t max_data_rows = 500;

/// How the values were obtained, what whiskers are, and what of the rows had no room.
std::string reading_note(const PairedDots& chart);

bool has_data(const PairedDots& chart);
/// A line in each row joins its lowest to its highest dot. The axis is logarithmic if all values are positive and more
/// than a decade apart.
Markup draw(const PairedDots& chart, Format format);
/// The first rows, max_data_rows at most; the note says so.
Table data_table(const PairedDots& chart);

}  // namespace ergon::report
