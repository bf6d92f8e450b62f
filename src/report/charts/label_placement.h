#pragma once
// Labels beside points, none over another.

#include <optional>
#include <string>
#include <vector>

#include "report/charts/drawing.h"

namespace ergon::report {

/// A point's disc and the width of its text.
struct Labelled {
    Point centre;
    double radius = 0;
    double text_width = 0;
};

struct PlacedLabel {
    Point baseline;               // where its text begins
    std::optional<Point> leader;  // where a line from the point to it ends, if it stands apart
};

/// A place for each label within `frame`, in the given order of precedence: the nearest of the places around its point
/// that touches no disc, no obstacle and no label placed before. Nothing for a label that fits nowhere.
std::vector<std::optional<PlacedLabel>> place_labels(const std::vector<Labelled>& points, const Box& frame,
                                                     std::vector<Box> obstacles);

/// Small boxes along a line: an obstacle.
void add_line(std::vector<Box>& obstacles, Point from, Point to);

}  // namespace ergon::report
