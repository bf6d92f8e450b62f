#pragma once
// The roofline: how fast parts of a program run, against what the machine's memory and its arithmetic allow.
// Williams, Waterman, Patterson: Roofline, Communications of the ACM 52(4), 2009.

#include <string>
#include <vector>

#include "base/units.h"
#include "report/charts/drawing.h"
#include "report/table.h"

namespace ergon::report {

struct Peak {
    std::string label;  // "int8, AVX2"
    base::OperationsPerSecond speed{};
};

struct RooflinePoint {
    std::string label;
    base::OperationsPerByte intensity{};
    base::OperationsPerSecond speed{};
    double share = 0;  // of all joules, 0 to 1: the point's area
};

struct Roofline {
    std::string title;
    std::string description;
    std::string bandwidth_label;  // "memory"
    base::BytesPerSecond bandwidth{};
    std::vector<Peak> peaks;
    std::vector<RooflinePoint> points;
};

bool has_data(const Roofline& chart);
Markup draw(const Roofline& chart, Format format);
Table data_table(const Roofline& chart);

}  // namespace ergon::report
