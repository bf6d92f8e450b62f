#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>

#include "report/example.h"
#include "report/svg.h"
#include "report/values.h"

namespace ergon::report {
namespace {

using test::count;
using test::infinity;
using test::joule;
using test::nan;
using test::number;
using testing::HasSubstr;
using testing::Not;

BarChart bars(std::vector<Bar> list, std::vector<std::string> parts = {}) {
    return {"t", "", "energy", joule, "what", std::move(parts), std::move(list)};
}

TEST(BarChart, LengthsAreInProportion) {
    const BarChart chart = bars({{"a", {100}, Range{80, 130}, {}}});
    const std::string svg = draw(chart, Format::wide).text();
    const double begin = number(svg, "s0 bar", "x");
    const double width = number(svg, "s0 bar", "width");
    EXPECT_NEAR((number(svg, "whisker", "x1") - begin) / width, 0.8, 1e-3);
    EXPECT_NEAR((number(svg, "whisker", "x2") - begin) / width, 1.3, 1e-3);
}

TEST(BarChart, PartsStackAndNegativeOnesGoTheOtherWay) {
    const std::string svg = draw(bars({{"a", {10, 30}, {}, {}}}, {"x", "y"}), Format::wide).text();
    EXPECT_NEAR(number(svg, "s1 bar", "x"), number(svg, "s0 bar", "x") + number(svg, "s0 bar", "width"), 0.02);
    EXPECT_NEAR(number(svg, "s1 bar", "width"), 3 * number(svg, "s0 bar", "width"), 0.05);
    const std::string negative = draw(bars({{"a", {-10, 30}, {}, {}}}, {"x", "y"}), Format::wide).text();
    EXPECT_NEAR(number(negative, "s0 bar", "x") + number(negative, "s0 bar", "width"), number(negative, "s1 bar", "x"),
                0.02);
}

TEST(BarChart, APartSaysWhatItIsWhereItHasRoom) {
    BarChart chart = bars({{"a", {2, 600, 300}, {}, {}}, {"b", {0, 0, 30}, {}, {}}}, {"prompt", "thinking", "answer"});
    chart.unit = {"tokens", base::Prefixes::none};
    const std::string wide = draw(chart, Format::wide).text();
    EXPECT_THAT(wide, HasSubstr(">thinking 600<"));
    EXPECT_THAT(wide, HasSubstr(">answer 300<"));
    EXPECT_EQ(count(wide, "class=\"on-s0\""), 0u) << "2 of 902 have no room";
    EXPECT_EQ(count(wide, "class=\"on-s2\""), 1u);
    chart.bars[0].interval = Range{650, 1200};
    EXPECT_THAT(draw(chart, Format::wide).text(), Not(HasSubstr(">answer 300<"))) << "the whisker would cross it";
    EXPECT_EQ(count(draw(bars({{"a", {600}, {}, {}}}, {"whole"}), Format::wide).text(), "class=\"on-"), 0u);
}

TEST(BarChart, SaysHowItsValuesWereObtained) {
    const Bar estimated = bar_of("a", test::figure(3.1, 2.6, 3.7));
    const Bar measured = bar_of("b", test::figure(3, 3, 3, energy::Method::measured));
    EXPECT_EQ(reading_note(bars({estimated})), "All values are estimated. Whiskers are 95% intervals.");
    EXPECT_THAT(draw(bars({estimated}), Format::wide).text(), Not(HasSubstr("estimated")));
    const BarChart mixed = bars({estimated, measured});
    EXPECT_EQ(reading_note(mixed), "Whiskers are 95% intervals.");
    EXPECT_THAT(draw(mixed, Format::wide).text(), HasSubstr(">3.1 J, estimated<"));
    EXPECT_THAT(draw(mixed, Format::narrow).text(), HasSubstr(">3.00 J, measured<"));
    EXPECT_EQ(reading_note(bars({{"a", {1}, {}, {}}})), "");
}

TEST(BarChart, WhatCannotBeDrawnHasNoBar) {
    const BarChart chart = bars({{"a", {nan}, Range{1, 2}, {}},
                                 {"b", {infinity}, {}, {}},
                                 {"c", {}, {}, {}},
                                 {"d", {5}, Range{2, infinity}, {}},
                                 {"e", {5}, Range{nan, nan}, {}}});
    EXPECT_TRUE(has_data(chart));
    for (const Format format : {Format::wide, Format::narrow}) {
        const std::string svg = draw(chart, format).text();
        EXPECT_EQ(count(svg, " bar\""), 2u);
        EXPECT_EQ(count(svg, ">no value<"), 3u);
        EXPECT_THAT(svg, Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
    }
    EXPECT_FALSE(has_data(bars({{"a", {nan}, {}, {}}})));
    EXPECT_FALSE(has_data(bars({})));
    EXPECT_TRUE(has_data(bars({{"zero", {0}, {}, {}}})));
}

TEST(Roofline, PointsLieUnderTheRoofThatTheyHave) {
    Roofline chart = test::roofline();
    chart.points = {{"on the slope", base::OperationsPerByte(2), base::OperationsPerSecond(2 * 17.4e9), 0.5},
                    {"at the peak", base::OperationsPerByte(100), base::OperationsPerSecond(310e9), 0.25}};
    const Table table = data_table(chart);
    EXPECT_EQ(std::get<std::string>(table.rows[0][3]), "100%");
    EXPECT_EQ(std::get<std::string>(table.rows[1][3]), "100%");
    const std::string svg = draw(chart, Format::wide).text();
    // Areas are shares: half the joules have twice the area of a quarter.
    std::vector<double> radii;
    const std::regex circle("<circle [^>]* r=\"([0-9.]+)\"");
    for (std::sregex_iterator at(svg.begin(), svg.end(), circle), end; at != end; ++at)
        radii.push_back(std::stod((*at)[1]));
    ASSERT_EQ(radii.size(), 2u);
    EXPECT_NEAR(radii[0] * radii[0] / (radii[1] * radii[1]), 2, 0.01);
}

TEST(Roofline, HostileNumbersAreNotDrawn) {
    using base::BytesPerSecond;
    using base::OperationsPerByte;
    using base::OperationsPerSecond;
    for (const double bad : {nan, infinity, -1.0, 0.0, 1e300, 5e-324}) {
        Roofline chart = test::roofline();
        chart.bandwidth = BytesPerSecond(bad);
        chart.peaks.push_back({"bad", OperationsPerSecond(bad)});
        chart.points.push_back({"no x", OperationsPerByte(bad), OperationsPerSecond(1e9), 0.1});
        chart.points.push_back({"no y", OperationsPerByte(1), OperationsPerSecond(bad), nan});
        for (const Format format : {Format::wide, Format::narrow}) {
            const std::string svg = draw(chart, format).text();
            EXPECT_EQ(count(svg, "<circle"), 8u) << bad;
            EXPECT_THAT(svg, Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf\"")))) << bad;
        }
        EXPECT_EQ(data_table(chart).rows.size(), 10u + 1 + 3);
        chart.peaks.clear();
        EXPECT_EQ(count(draw(chart, Format::wide).text(), "<circle"), 8u);
    }
    EXPECT_FALSE(has_data(Roofline{}));
}

/// Cells per colour, as the paths of a drawing have them.
std::size_t cells_drawn(const std::string& svg) {
    std::size_t cells = 0;
    const std::regex run("m-?[0-9]+[ -][0-9]+h([0-9]+)");
    for (std::sregex_iterator at(svg.begin(), svg.end(), run), end; at != end; ++at) cells += std::stoul((*at)[1]);
    return cells;
}

TEST(HeatMap, EveryCellIsDrawnOnceAndTheFileStaysSmall) {
    const HeatMap chart = test::heat_map(61, 256);
    const std::string wide = draw(chart, Format::wide, "cells-1").text();
    const std::string narrow = draw(chart, Format::narrow, "cells-1").text();
    EXPECT_EQ(cells_drawn(wide), 61u * 256);
    EXPECT_LT(wide.size(), 130'000u);
    EXPECT_LT(narrow.size(), 10'000u);
    EXPECT_THAT(narrow, HasSubstr("<use href=\"#cells-1\"/>"));
}

TEST(HeatMap, CellsLieWhereTheyBelong) {
    HeatMap chart = test::heat_map(0, 0);
    chart.rows = {{"0", {0, 0, 12}}, {"1", {12, nan, 0}}, {"2", {infinity}}};
    const std::string svg = draw(chart, Format::wide, "c").text();
    EXPECT_THAT(svg, HasSubstr("<path class=\"h0\" d=\"m0 0h2m0 1h1\"/>"));
    EXPECT_THAT(svg, HasSubstr("d=\"m2 0h1m-3 1h1\"/>"));
    EXPECT_EQ(cells_drawn(svg), 5u);
    EXPECT_THAT(svg, HasSubstr("no value"));
    EXPECT_THAT(draw(test::heat_map(2, 2), Format::wide, "c").text(), Not(HasSubstr("no value")));
    EXPECT_FALSE(has_data(HeatMap{}));
    EXPECT_TRUE(has_data(test::heat_map(1, 1)));
}

TEST(LineChart, AGapIsAGapAndAPointADot) {
    LineChart chart = test::watts_over_time();
    const std::string svg = draw(chart, Format::wide).text();
    EXPECT_EQ(count(svg, "class=\"s0 line\""), 2u);
    EXPECT_EQ(count(svg, "class=\"s1 line\""), 1u);
    EXPECT_EQ(count(svg, "class=\"s0 band\""), 2u);
    chart.lines = {{"one", {{1, 5, {}}}}, {"none", {{nan, 5, {}}, {1, infinity, {}}}}};
    const std::string dot = draw(chart, Format::narrow).text();
    EXPECT_EQ(count(dot, "line dot"), 1u);
    EXPECT_THAT(dot, Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
    EXPECT_EQ(data_table(chart).rows.size(), 3u);
    EXPECT_EQ(std::get<std::string>(data_table(test::watts_over_time()).rows[49][1]), "12.25");
    chart.lines = {{"steps", {{34, 5, {}}, {68, 5, {}}}}};
    EXPECT_EQ(std::get<std::string>(data_table(chart).rows[0][1]), "34") << "a count has no decimals";
    chart.lines = {{"open", {{1, 5, Range{-infinity, infinity}}, {2, 6, Range{nan, 7}}}}};
    EXPECT_THAT(draw(chart, Format::wide).text(), Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
    chart.lines.clear();
    EXPECT_FALSE(has_data(chart));
}

}  // namespace
}  // namespace ergon::report
