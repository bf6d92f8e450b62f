// The charts that compare contenders: paired dots, scatter, waterfall.

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sanitized.h"
#include "report/example.h"
#include "report/svg.h"
#include "report/values.h"

namespace ergon::report {
namespace {

using test::attributes;
using test::corners;
using test::count;
using test::infinity;
using test::joule;
using test::nan;
using test::outside;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t random_charts = ergon::test::sanitized ? 60 : 300;

/// Numbers as a broken reading, a broken store or a wide range gives them.
double any_number(base::RandomSequence& random) {
    constexpr double special[] = {nan, infinity, -infinity, 0, -0.0, 5e-324, 1e-300, 1e300, -1e300, 1e100, -1, 1};
    const std::uint64_t choice = random.below(36);
    if (choice < std::size(special)) return special[choice];
    const double size = std::pow(10.0, 12 * random.uniform() - 6);
    return choice < 16 ? -size : size;
}

std::optional<Range> any_range(base::RandomSequence& random) {
    if (random.below(3) == 0) return std::nullopt;
    return Range{any_number(random), any_number(random)};
}

template <typename Chart>
void expect_drawn_well(const Chart& chart) {
    reading_note(chart);
    data_table(chart);
    if (!has_data(chart)) return;
    for (const Format format : {Format::wide, Format::narrow}) {
        const std::string svg = draw(chart, format).text();
        EXPECT_THAT(outside(svg), IsEmpty());
        for (const char* word : {"nan", "inf\"", "inf ", "e+"}) {
            for (const std::string& path : attributes(svg, "[^\"]*", "d")) EXPECT_THAT(path, Not(HasSubstr(word)));
        }
    }
}

double amount(const Cell& cell) {
    return std::get<Amount>(cell).value;
}

TEST(PairedDots, EveryValueHasItsMarkAndEveryRowItsLine) {
    PairedDots chart{"t", "", "energy", joule, "prompt", {{"a", {}}, {"b", {}}, {"c", {}}}, {}};
    chart.rows = {{"one", {{10, {}}, {30, {}}, {20, {}}}}, {"two", {{40, {}}, {nan, {}}}}, {"three", {}}};
    for (const Format format : {Format::wide, Format::narrow}) {
        const std::string svg = draw(chart, format).text();
        EXPECT_EQ(count(svg, " mark\""), 3u + 4) << "legend and dots";
        EXPECT_EQ(count(svg, "class=\"span\""), 1u);
        EXPECT_EQ(count(svg, ">no value<"), 1u);
        // The line goes from the lowest to the highest; 20 stands in its middle.
        const double low = test::number(svg, "span", "x1");
        const double high = test::number(svg, "span", "x2");
        const auto triangle = corners(attributes(svg, "s2 mark", "d").at(1));
        EXPECT_NEAR(triangle.at(0).first, (low + high) / 2, 0.02);
    }
    EXPECT_EQ(reading_note(chart), "");
}

TEST(PairedDots, MarksDifferInShapeNotInColourAlone) {
    const std::string svg = draw(test::paired_dots(1, 8), Format::wide).text();
    std::vector<std::string> shapes;
    for (std::size_t i = 0; i < 8; ++i) {
        const std::string path = attributes(svg, series_class(i) + " mark", "d").at(0);
        const auto points = corners(path);
        // Relative to the first corner, so that only the shape is left.
        std::string shape;
        for (const auto& [x, y] : points) {
            shape += std::to_string(std::lround(10 * (x - points[0].first))) + " " +
                     std::to_string(std::lround(10 * (y - points[0].second))) + ",";
        }
        shapes.push_back(shape);
    }
    std::ranges::sort(shapes);
    EXPECT_EQ(std::ranges::adjacent_find(shapes), shapes.end());
}

TEST(PairedDots, TheAxisIsLogarithmicWhereTheNumbersAskForIt) {
    PairedDots chart{"t", "", "energy", joule, "prompt", {{"a", {}}, {"b", {}}}, {{"one", {{1, {}}, {100, {}}}}}};
    EXPECT_EQ(reading_note(chart), "The axis is logarithmic.");
    chart.rows.push_back({"middle", {{10, {}}, {1, {}}}});
    std::string svg = draw(chart, Format::wide).text();
    const auto ends = attributes(svg, "span", "x2");
    EXPECT_NEAR(std::stod(ends[1]), (test::number(svg, "span", "x1") + std::stod(ends[0])) / 2, 0.02);
    for (const double value : {0.0, -5.0}) {
        chart.rows[1].dots[0].value = value;
        EXPECT_EQ(reading_note(chart), "") << value;
    }
    chart.rows = {{"one", {{10, {}}, {90, {}}}}};
    EXPECT_EQ(reading_note(chart), "");
}

TEST(PairedDots, ManyRowsAreThinAndSaySo) {
    const PairedDots forty = test::paired_dots(40, 2);
    EXPECT_THAT(reading_note(forty), Not(HasSubstr("too many")));
    EXPECT_EQ(count(draw(forty, Format::wide).text(), "class=\"label\""), 40u + 2);

    const PairedDots many = test::paired_dots(400, 2, true);
    EXPECT_EQ(reading_note(many),
              "All values are estimated. The axis is logarithmic. 400 rows are too many to label; their names and "
              "intervals are in the data below, in the same order.");
    const std::string svg = draw(many, Format::wide).text();
    EXPECT_EQ(count(svg, "class=\"label\""), 2u) << "the legend's";
    EXPECT_EQ(count(svg, " small\""), 800u);
    EXPECT_EQ(count(svg, " thin\""), 0u);
    // It fits a sheet of A4 (986 pixels inside the margins) with its caption.
    EXPECT_LT(test::number(svg, "wide", "height"), 930);
    EXPECT_THAT(outside(svg), IsEmpty());

    const PairedDots thousands = test::paired_dots(10'000, 2);
    EXPECT_THAT(reading_note(thousands), HasSubstr("One row in 24 is drawn."));
    EXPECT_EQ(count(draw(thousands, Format::narrow).text(), " small\""), 2u * 417);
    EXPECT_EQ(data_table(thousands).rows.size(), 500u) << "the first; a page is not a database";
    EXPECT_LT(draw(thousands, Format::wide).text().size(), 300'000u);
}

TEST(PairedDots, TheTableHasWhatWasGiven) {
    PairedDots chart = test::paired_dots(12, 3, true);
    chart.rows[4].dots.pop_back();
    chart.rows[5].dots[1].interval.reset();
    for (DotRow& row : chart.rows) row.dots[0].interval.reset();
    const Table table = data_table(chart);
    ASSERT_EQ(table.columns.size(), 1u + 1 + 3 + 3);
    ASSERT_EQ(table.rows.size(), 12u);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(std::get<std::string>(table.rows[i][0]), chart.rows[i].label);
        EXPECT_EQ(amount(table.rows[i][1]), chart.rows[i].dots[0].value);
        EXPECT_EQ(amount(table.rows[i][2]), chart.rows[i].dots[1].value);
        if (i != 5) {
            EXPECT_EQ(amount(table.rows[i][3]), chart.rows[i].dots[1].interval->low);
        }
        if (i != 4) {
            EXPECT_EQ(amount(table.rows[i][7]), chart.rows[i].dots[2].interval->high);
        }
    }
    EXPECT_TRUE(std::holds_alternative<std::monostate>(table.rows[4][5]));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(table.rows[5][3]));
}

TEST(PairedDots, ContendersOfDifferentMethodsSaySo) {
    PairedDots chart = test::paired_dots(3, 2);
    chart.contenders[0].method = energy::Method::measured;
    EXPECT_THAT(draw(chart, Format::wide).text(), HasSubstr(">contender 1 (measured)<"));
    EXPECT_EQ(data_table(chart).columns[2].heading, "contender 2 (estimated)");
    EXPECT_THAT(reading_note(chart), Not(HasSubstr("estimated")));
}

TEST(PairedDots, AnyNumbersAreDrawnInside) {
    EXPECT_FALSE(has_data(PairedDots{}));
    EXPECT_FALSE(has_data(PairedDots{"", "", "", joule, "", {{"a", {}}}, {{"one", {{nan, {}}}}, {"two", {}}}}));
    EXPECT_FALSE(has_data(PairedDots{"", "", "", joule, "", {}, {{"nobody's", {{1, {}}}}}}));
    for (std::uint64_t seed = 0; seed < random_charts; ++seed) {
        base::RandomSequence random(seed);
        PairedDots chart = test::paired_dots(seed % 50 == 0 ? 400 : random.below(8), random.below(9));
        for (DotRow& row : chart.rows) {
            for (Dot& dot : row.dots) dot = {any_number(random), any_range(random)};
            if (random.below(5) == 0) row.label = std::string(1000, 'W');
        }
        SCOPED_TRACE(seed);
        expect_drawn_well(chart);
    }
}

TEST(ParetoFront, IsWhatNothingDominates) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        base::RandomSequence random(seed);
        std::vector<ScatterPoint> points;
        // Few distinct numbers, so that ties are common.
        for (std::uint64_t i = random.below(30); i > 0; --i) {
            points.push_back({"", static_cast<double>(random.below(8)), static_cast<double>(random.below(8))});
            if (random.below(10) == 0) points.back().x = any_number(random);
        }
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const ScatterPoint& a = points[i];
            const bool beaten = std::ranges::any_of(points, [&](const ScatterPoint& b) {
                return drawable(b.x) && b.x <= a.x && b.y >= a.y && (b.x < a.x || b.y > a.y);
            });
            if (drawable(a.x) && !beaten) expected.push_back(i);
        }
        std::vector<std::size_t> found = pareto_front(points);
        EXPECT_TRUE(std::ranges::is_sorted(found, {}, [&](std::size_t i) { return points[i].x; }));
        std::ranges::sort(found);
        EXPECT_EQ(found, expected) << seed;
    }
}

TEST(Scatter, TheFrontIsAStairThroughItsPoints) {
    const Scatter chart = test::scatter();
    EXPECT_EQ(pareto_front(chart.points), (std::vector<std::size_t>{4, 3, 1, 2, 0}));
    const std::string svg = draw(chart, Format::wide).text();
    const auto stair = corners(attributes(svg, "front", "d").at(0));
    ASSERT_EQ(stair.size(), 2u * 5 + 1);
    for (std::size_t i = 1; i < stair.size(); ++i) {
        const bool level = stair[i].second == stair[i - 1].second;
        const bool upright = stair[i].first == stair[i - 1].first;
        EXPECT_TRUE(level || upright) << i;
        EXPECT_GE(stair[i].first, stair[i - 1].first);
        EXPECT_LE(stair[i].second, stair[i - 1].second);
    }
    Scatter without = chart;
    without.with_front = false;
    EXPECT_EQ(count(draw(without, Format::wide).text(), "class=\"front\""), 0u);
    EXPECT_EQ(data_table(without).columns.size() + 1, data_table(chart).columns.size());
}

TEST(Scatter, SaysHowItIsRead) {
    Scatter chart = test::scatter();
    EXPECT_EQ(reading_note(chart),
              "All values are estimated. Whiskers are 95% intervals. The stepped line is the Pareto front: no model is "
              "better in both. "
              "The horizontal axis is logarithmic.");
    chart.points[0].method = energy::Method::measured;
    EXPECT_THAT(draw(chart, Format::wide).text(), HasSubstr(">R1-Distill-Qwen-1.5B (measured)<"));
    chart.points.assign(101, {"crowd", 1, 1});
    EXPECT_THAT(reading_note(chart), HasSubstr("Names that do not fit are in the data below."));
    EXPECT_EQ(count(draw(chart, Format::wide).text(), ">crowd<"), 0u);
}

TEST(Scatter, TheTableHasWhatWasGiven) {
    const Scatter chart = test::scatter();
    const Table table = data_table(chart);
    ASSERT_EQ(table.columns.size(), 9u);
    for (std::size_t i = 0; i < chart.points.size(); ++i) {
        const ScatterPoint& point = chart.points[i];
        const auto& row = table.rows.at(i);
        EXPECT_EQ(std::get<std::string>(row[0]), point.label);
        EXPECT_EQ(amount(row[1]), point.x);
        EXPECT_EQ(amount(row[2]), point.x_interval->low);
        EXPECT_EQ(amount(row[3]), point.x_interval->high);
        EXPECT_EQ(amount(row[4]), point.y);
        EXPECT_EQ(amount(row[5]), point.y_interval->low);
        EXPECT_EQ(amount(row[6]), point.y_interval->high);
        EXPECT_EQ(std::get<std::string>(row[7]), "estimated");
        EXPECT_EQ(std::get<std::string>(row[8]), "yes");
    }
}

TEST(Scatter, AnyNumbersAreDrawnInside) {
    EXPECT_FALSE(has_data(Scatter{}));
    for (std::uint64_t seed = 0; seed < random_charts; ++seed) {
        base::RandomSequence random(seed);
        Scatter chart = test::scatter();
        chart.points.resize(random.below(seed % 50 == 0 ? 400 : 12));
        for (ScatterPoint& point : chart.points) {
            point.x = any_number(random);
            point.y = any_number(random);
            point.x_interval = any_range(random);
            point.y_interval = any_range(random);
            if (random.below(5) == 0) point.label = std::string(1000, 'W');
        }
        chart.with_front = random.below(2) == 0;
        SCOPED_TRACE(seed);
        expect_drawn_well(chart);
    }
}

TEST(Waterfall, EqualFactorsHaveEqualLengthsAndEachBeginsWhereTheLastEnded) {
    Waterfall chart = test::waterfall();
    chart.factors = {{"up", std::log(2.0)}, {"up again", std::log(2.0)}, {"down", -std::log(4.0)}};
    EXPECT_NEAR(end_of(chart), chart.start, 1e-12 * chart.start);
    for (const Format format : {Format::wide, Format::narrow}) {
        const std::string svg = draw(chart, format).text();
        // Corners of an arrow: tail, shoulder, tip, shoulder, tail.
        const auto rises = attributes(svg, "rise", "d");
        ASSERT_EQ(rises.size(), 2u);
        const auto first = corners(rises[0]);
        const auto second = corners(rises[1]);
        const auto third = corners(attributes(svg, "fall", "d").at(0));
        EXPECT_EQ(first[2].first, second[0].first);
        EXPECT_EQ(second[2].first, third[0].first);
        EXPECT_NEAR(first[2].first - first[0].first, second[2].first - second[0].first, 0.02);
        EXPECT_NEAR(third[0].first - third[2].first, 2 * (first[2].first - first[0].first), 0.03);
        const auto wholes = attributes(svg, "whole", "width");
        ASSERT_EQ(wholes.size(), 2u);
        EXPECT_NEAR(std::stod(wholes[0]), std::stod(wholes[1]), 0.02) << "it ends where it began";
    }
}

TEST(Waterfall, FactorsArePrintedWithTheirIntervals) {
    Waterfall chart = test::waterfall();
    chart.factors = {{"longer", std::log(1.87), Range{std::log(1.5), std::log(2.3)}}, {"same", 0.0, Range{-0.1, 0.1}}};
    for (const Format format : {Format::wide, Format::narrow}) {
        const std::string svg = draw(chart, format).text();
        EXPECT_THAT(svg, HasSubstr(">×1.87 [1.50, 2.30]<"));
        EXPECT_EQ(count(svg, "class=\"rise\""), 1u);
        EXPECT_EQ(count(svg, "class=\"rise pale\""), 1u);
        EXPECT_EQ(count(svg, "class=\"whisker\""), 2u * 3);
        EXPECT_THAT(svg, HasSubstr(">159 J<"));
        EXPECT_THAT(svg, HasSubstr(">297 J<"));
    }
    EXPECT_THAT(reading_note(chart), HasSubstr("their interval includes ×1"));
    chart.factors.pop_back();
    EXPECT_THAT(reading_note(chart), Not(HasSubstr("×1")));
}

TEST(Waterfall, TheTableHasWhatWasGivenAndAddsUp) {
    const Waterfall chart = test::waterfall();
    const Table table = data_table(chart);
    ASSERT_EQ(table.rows.size(), 2 + chart.factors.size());
    double sum = 0;
    for (std::size_t i = 0; i < chart.factors.size(); ++i) {
        const auto& row = table.rows[i + 1];
        EXPECT_EQ(std::get<std::string>(row[0]), chart.factors[i].label);
        EXPECT_EQ(std::get<energy::Ratio>(row[1]).value, std::exp(chart.factors[i].logarithm));
        EXPECT_EQ(std::get<energy::Ratio>(row[1]).low, std::exp(chart.factors[i].interval->low));
        EXPECT_EQ(std::get<energy::Ratio>(row[1]).high, std::exp(chart.factors[i].interval->high));
        EXPECT_EQ(amount(row[2]), chart.factors[i].logarithm);
        sum += amount(row[2]);
    }
    EXPECT_EQ(amount(table.rows.front()[3]), 159);
    EXPECT_EQ(amount(table.rows.back()[3]), end_of(chart));
    EXPECT_NEAR(sum, std::log(amount(table.rows.back()[3]) / amount(table.rows.front()[3])), 1e-14);
}

TEST(Waterfall, WithoutPositiveAmountsThereIsNothingToDraw) {
    for (const double bad : {0.0, -1.0, nan, infinity, 1e300}) {
        Waterfall chart = test::waterfall();
        chart.start = bad;
        EXPECT_FALSE(has_data(chart)) << bad;
        chart = test::waterfall();
        chart.factors[1].logarithm = bad == 0 ? -1e4 : bad == -1 ? 1e4 : bad;
        EXPECT_FALSE(has_data(chart)) << bad;
        EXPECT_EQ(data_table(chart).rows.size(), 6u);
    }
    Waterfall none = test::waterfall();
    none.factors.clear();
    EXPECT_TRUE(has_data(none));
    expect_drawn_well(none);
}

TEST(Waterfall, AnyNumbersAreDrawnInside) {
    std::uint64_t drawn = 0;
    for (std::uint64_t seed = 0; seed < random_charts; ++seed) {
        base::RandomSequence random(seed);
        Waterfall chart = test::waterfall();
        chart.start = std::abs(any_number(random));
        chart.factors.resize(random.below(12));
        for (Factor& factor : chart.factors) {
            factor.logarithm = random.below(30) == 0 ? any_number(random) : 10 * random.uniform() - 5;
            factor.interval = any_range(random);
            if (random.below(5) == 0) factor.label = std::string(1000, 'W');
        }
        SCOPED_TRACE(seed);
        expect_drawn_well(chart);
        drawn += has_data(chart) ? 1 : 0;
    }
    EXPECT_GT(drawn, random_charts / 2);
}

}  // namespace
}  // namespace ergon::report
