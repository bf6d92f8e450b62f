#include "report/charts/label_placement.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ergon::report {
namespace {

constexpr double ascent = 10;
constexpr double descent = 3;

bool overlap(const Box& a, const Box& b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

bool within(const Box& inner, const Box& outer) {
    return inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top &&
           inner.bottom <= outer.bottom;
}

Box disc(const Labelled& point) {
    return {point.centre.x - point.radius, point.centre.y - point.radius, point.centre.x + point.radius,
            point.centre.y + point.radius};
}

/// The text's box if it stands in this direction, `distance` from the disc.
Box text_box(const Labelled& point, Point direction, double distance) {
    const double reach = point.radius + distance;
    const Point near{point.centre.x + direction.x * reach, point.centre.y + direction.y * reach};
    const double left = near.x - point.text_width * (1 - direction.x) / 2;
    const double top = near.y - (ascent + descent) * (1 - direction.y) / 2;
    return {left, top, left + point.text_width, top + ascent + descent};
}

std::optional<PlacedLabel> place_label(const Labelled& point, const Box& frame, std::vector<Box>& obstacles) {
    constexpr double d = 0.7071;
    constexpr std::array<Point, 8> directions{{{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {d, -d}, {-d, -d}, {d, d}, {-d, d}}};
    // The first stands beside the disc, the others apart from it, with a line.
    constexpr std::array<double, 5> distances{4, 16, 30, 46, 64};
    for (const double distance : distances) {
        for (const Point direction : directions) {
            const Box box = text_box(point, direction, distance);
            const bool free = std::ranges::none_of(obstacles, [&](const Box& other) { return overlap(box, other); });
            if (!free || !within(box, frame)) continue;
            obstacles.push_back(box);
            PlacedLabel label{{box.left, box.bottom - descent}, std::nullopt};
            if (distance > distances.front()) {
                const double reach = point.radius + distance - 2;
                label.leader = Point{point.centre.x + direction.x * reach, point.centre.y + direction.y * reach};
            }
            return label;
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::optional<PlacedLabel>> place_labels(const std::vector<Labelled>& points, const Box& frame,
                                                     std::vector<Box> obstacles) {
    for (const Labelled& point : points) obstacles.push_back(disc(point));
    std::vector<std::optional<PlacedLabel>> labels;
    for (const Labelled& point : points) labels.push_back(place_label(point, frame, obstacles));
    return labels;
}

void add_line(std::vector<Box>& obstacles, Point from, Point to) {
    constexpr double spacing = 5;
    const int steps = std::max(1, static_cast<int>(std::hypot(to.x - from.x, to.y - from.y) / spacing));
    for (int i = 0; i <= steps; ++i) {
        const double t = static_cast<double>(i) / steps;
        const Point at{from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
        obstacles.push_back({at.x - 2, at.y - 2, at.x + 2, at.y + 2});
    }
}

}  // namespace ergon::report
