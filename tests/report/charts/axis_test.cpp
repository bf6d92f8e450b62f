#include "report/charts/axis.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "report/values.h"

namespace ergon::report {
namespace {

using test::joule;

Extent extent(std::initializer_list<double> values) {
    Extent found;
    for (const double value : values) found.include(value);
    return found;
}

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
    std::vector<std::string> found;
    for (const Tick& tick : ticks) found.push_back(tick.label);
    return found;
}

using Labels = std::vector<std::string>;

TEST(LinearAxis, TicksAreRoundNumbersInOneScale) {
    EXPECT_EQ(labels(LinearAxis(extent({0, 655}), joule, 5).ticks()), (Labels{"0", "200", "400", "600", "800"}));
    const LinearAxis kilo(extent({0, 8100}), joule, 5);
    EXPECT_EQ(labels(kilo.ticks()), (Labels{"0", "2", "4", "6", "8", "10"}));
    EXPECT_EQ(kilo.unit(), "kJ");
    EXPECT_EQ(labels(LinearAxis(extent({0, 0.9}), joule, 4).ticks()), (Labels{"0.0", "0.5", "1.0"}));
    EXPECT_EQ(labels(LinearAxis(extent({-30, 35}), joule, 4).ticks()), (Labels{"−40", "−20", "0", "20", "40"}));
    EXPECT_EQ(labels(LinearAxis(extent({0, 0.3}), {}, 3).ticks()), (Labels{"0.0", "0.1", "0.2", "0.3"}));
}

TEST(LinearAxis, HoldsWhatItWasMadeFor) {
    const double samples[] = {0, 1, -1, 0.1, 0.3, 1e-9, 3e-7, 17, 99.99, 100, 1e6, 1e15, 1e15 + 1, -1e99, 1e99, 5e-324};
    for (const double a : samples) {
        for (const double b : samples) {
            for (const int wanted : {4, 6}) {
                const LinearAxis axis(extent({a, b}), joule, wanted);
                ASSERT_GE(axis.ticks().size(), 2u) << a << " " << b;
                ASSERT_LE(axis.ticks().size(), 12u) << a << " " << b;
                EXPECT_LT(axis.low(), axis.high());
                for (const double value : {a, b}) {
                    EXPECT_GE(axis.place(value), -1e-9) << a << " " << b;
                    EXPECT_LE(axis.place(value), 1 + 1e-9) << a << " " << b;
                }
                for (const Tick& tick : axis.ticks()) EXPECT_LT(tick.label.size(), 16u) << tick.label;
            }
        }
    }
}

TEST(LinearAxis, NumbersThatCannotBeDrawnAreLeftOut) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const LinearAxis axis(extent({0, std::nan(""), infinity, -infinity, 1e300, 8}), joule, 4);
    EXPECT_EQ(axis.high(), 8);
    EXPECT_EQ(axis.low(), 0);
    EXPECT_TRUE(extent({std::nan("")}).empty());
    EXPECT_GE(LinearAxis(Extent(), joule, 4).ticks().size(), 2u);
}

TEST(LogAxis, DecadesAndWhereThereIsRoomTwoAndFive) {
    EXPECT_EQ(labels(LogAxis(0.3, 30, {"op/byte", base::Prefixes::none}).ticks()),
              (Labels{"0.5", "1", "2", "5", "10", "20"}));
    EXPECT_EQ(labels(LogAxis(4e8, 7e11, {"op/s"}).ticks()), (Labels{"1 G", "10 G", "100 G"}));
    EXPECT_LE(LogAxis(1e-12, 1e12, joule).ticks().size(), 9u);
}

TEST(LogAxis, PlacesByRatio) {
    const LogAxis axis(1, 10000, joule);
    EXPECT_DOUBLE_EQ(axis.place(1), 0);
    EXPECT_DOUBLE_EQ(axis.place(100), 0.5);
    EXPECT_DOUBLE_EQ(axis.place(10000), 1);
    const LogAxis point(5, 5, joule);
    EXPECT_TRUE(std::isfinite(point.place(5)));
}

TEST(LogAxis, LessThanADecadeHasTicksToo) {
    EXPECT_EQ(labels(LogAxis(950, 1100, joule).ticks()), (Labels{"0.95 k", "1.00 k", "1.05 k", "1.10 k"}));
    for (const double low : {1e-99, 3e-7, 0.7, 101.0, 9.9e5, 1e99}) {
        for (const double factor : {1.0, 1.02, 1.5, 3.0, 9.0, 1e3, 1e30}) {
            if (low * factor > 1e100) continue;
            const LogAxis axis(low, low * factor, joule);
            EXPECT_GE(axis.ticks().size(), 2u) << low << " " << factor;
            for (const Tick& tick : axis.ticks()) {
                EXPECT_GE(axis.place(tick.value), -1e-9);
                EXPECT_LE(axis.place(tick.value), 1 + 1e-9);
            }
        }
    }
}

TEST(AxisFor, IsLogarithmicForPositiveNumbersOverADecadeApart) {
    const auto logarithmic = [](std::vector<double> values, const base::Unit& unit = joule) {
        return is_logarithmic(axis_for(values, {}, unit, 5));
    };
    EXPECT_TRUE(logarithmic({1, 10.1}));
    EXPECT_FALSE(logarithmic({1, 10}));
    EXPECT_FALSE(logarithmic({0, 100}));
    EXPECT_FALSE(logarithmic({-1, 100}));
    EXPECT_FALSE(logarithmic({}));
    EXPECT_FALSE(logarithmic({1, 90}, {"%", base::Prefixes::none}));
}

TEST(AxisFor, IntervalsHaveTheirRoomButNoMoreThanADecade) {
    const Axis linear = axis_for({5, 6}, {{2, 9}}, joule, 5);
    EXPECT_GT(place(linear, 9), place(linear, 8));
    const Axis log = axis_for({5, 60}, {{1e-30, 70}}, joule, 5);
    EXPECT_GT(place(log, 0.6), 0);
    EXPECT_EQ(place(log, 0.3), 0);
    const auto placed = place(log, Range{1e-30, 70});
    ASSERT_TRUE(placed);
    EXPECT_EQ(placed->low, 0);
    EXPECT_FALSE(placed->low_cap);
    EXPECT_TRUE(placed->high_cap);
    EXPECT_FALSE(place(log, Range{7, 7}));
    EXPECT_FALSE(place(log, Range{std::nan(""), 7}));
    const auto open = place(log, Range{-HUGE_VAL, HUGE_VAL});
    ASSERT_TRUE(open);
    EXPECT_EQ(open->low, 0);
    EXPECT_EQ(open->high, 1);
    EXPECT_FALSE(open->low_cap || open->high_cap);
}

}  // namespace
}  // namespace ergon::report
