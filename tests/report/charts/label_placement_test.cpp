#include "report/charts/label_placement.h"

#include <gtest/gtest.h>

namespace ergon::report {
namespace {

const Box frame{0, 0, 600, 400};

bool overlap(const Box& a, const Box& b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

Box box_of(const PlacedLabel& label, double width) {
    return {label.baseline.x, label.baseline.y - 10, label.baseline.x + width, label.baseline.y + 3};
}

TEST(LabelPlacement, ALonelyLabelStandsToTheRightOfItsPoint) {
    const auto placed = place_labels({{{100, 100}, 5, 60}}, frame, {});
    ASSERT_TRUE(placed[0]);
    EXPECT_DOUBLE_EQ(placed[0]->baseline.x, 109);
    EXPECT_FALSE(placed[0]->leader);
}

TEST(LabelPlacement, NoLabelTouchesAnotherNorAPointNorALineNorTheEdge) {
    std::vector<Labelled> points;
    for (int i = 0; i < 14; ++i) points.push_back({{300.0 + 6 * i, 200.0 - 4 * i}, 7, 70});
    std::vector<Box> obstacles;
    add_line(obstacles, {0, 400}, {600, 0});
    const auto placed = place_labels(points, frame, obstacles);
    int shown = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!placed[i]) continue;
        ++shown;
        const Box box = box_of(*placed[i], 70);
        EXPECT_GE(box.left, frame.left);
        EXPECT_LE(box.right, frame.right);
        for (std::size_t k = 0; k < points.size(); ++k) {
            const Point c = points[k].centre;
            EXPECT_FALSE(overlap(box, {c.x - 7, c.y - 7, c.x + 7, c.y + 7})) << i << " on point " << k;
            if (k < i && placed[k]) {
                EXPECT_FALSE(overlap(box, box_of(*placed[k], 70))) << i << " on " << k;
            }
        }
        for (const Box& obstacle : obstacles) EXPECT_FALSE(overlap(box, obstacle)) << i;
    }
    EXPECT_GE(shown, 10);
}

TEST(LabelPlacement, ALabelWithoutRoomIsLeftOut) {
    EXPECT_FALSE(place_labels({{{50, 10}, 5, 200}}, {0, 0, 100, 20}, {})[0]);
}

}  // namespace
}  // namespace ergon::report
