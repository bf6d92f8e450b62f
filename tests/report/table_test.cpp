#include "report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "report/example.h"

namespace ergon::report {
namespace {

using energy::Method;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Table one_column(std::vector<Cell> cells) {
    Table table{"", {{"energy", Align::right}}, {}};
    for (Cell& cell : cells) table.rows.push_back({std::move(cell)});
    return table;
}

TEST(Table, AFigureIsAValueWithItsIntervalAndMethod) {
    const std::string text =
        markup(one_column({test::figure(3.1, 2.6, 3.7), test::figure(2, 2, 2, Method::measured)})).text();
    EXPECT_THAT(text, HasSubstr("3.1 J <span class=\"interval\">[2.6, 3.7]</span> "
                                "<span class=\"method\">estimated</span>"));
    EXPECT_THAT(text, HasSubstr("2.00 J <span class=\"method\">measured</span>"));
}

TEST(Table, AMethodThatAllShareIsSaidOnce) {
    const std::string text = markup(one_column({test::figure(3.1, 2.6, 3.7), test::figure(2, 1, 3)})).text();
    EXPECT_THAT(text, HasSubstr("Energy is estimated; 95% intervals in brackets."));
    EXPECT_THAT(text, Not(HasSubstr("class=\"method\"")));
    EXPECT_THAT(markup(one_column({std::string("no figure")})).text(), Not(HasSubstr("Energy is")));
}

TEST(Table, NumbersOfAColumnShareAPrefix) {
    const auto figures = [](std::vector<Cell> cells) { return markup(one_column(std::move(cells))).text(); };
    const std::string near = figures({test::figure(0.9, 0.8, 1.1), test::figure(30, 20, 40)});
    EXPECT_THAT(near, AllOf(HasSubstr("0.90 J"), HasSubstr("30 J")));
    const std::string far =
        figures({test::figure(0.0009, 0.0008, 0.0011), test::figure(30, 20, 40), test::figure(2e4, 1e4, 3e4)});
    EXPECT_THAT(far, AllOf(HasSubstr("0.00090 J"), HasSubstr("30 J"), HasSubstr("20,000 J")));
    const std::string amounts = figures({Amount{3e9, {"B/s"}}, Amount{400e9, {"B/s"}}, Amount{5e6, {"B/s"}},
                                         Amount{0.002, {"s", base::Prefixes::below_one}}});
    EXPECT_THAT(amounts,
                AllOf(HasSubstr("3.00 GB/s"), HasSubstr("400 GB/s"), HasSubstr("0.00500 GB/s"), HasSubstr("2.00 ms")));
    const auto carbon = [](double grams) {
        return energy::CarbonFigure{base::Grams(grams), base::Grams(grams / 2), base::Grams(grams * 2),
                                    Method::measured};
    };
    EXPECT_THAT(figures({carbon(0.002), carbon(0.004), carbon(3)}),
                AllOf(HasSubstr("4.0 mg CO2e"), HasSubstr("3,000 mg CO2e")));
}

TEST(Table, TheEndsOfAnIntervalHaveThePrefixOfTheirValue) {
    Table table{"", {{"line"}, {"energy", Align::right}, {"low", Align::right, true}, {"other", Align::right}}, {}};
    table.rows.push_back({std::string("a"), Amount{2000, joules}, Amount{20, joules}, Amount{0.002, joules}});
    table.rows.push_back({std::string("b"), Amount{3000, joules}, Amount{2500, joules}, Amount{0.003, joules}});
    const std::string text = markup(table).text();
    EXPECT_THAT(text, AllOf(HasSubstr("2.00 kJ"), HasSubstr("0.0200 kJ"), HasSubstr("2.50 kJ"), HasSubstr("3.00 mJ")));
}

TEST(Table, WhatNothingBoundsHasThePrefixOfItsColumn) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::string text = markup(one_column({test::figure(infinity, 2000, infinity), test::figure(0.5, 0.4, 0.6),
                                                test::figure(30, 20, infinity), test::figure(infinity, 0, infinity)}))
                                 .text();
    EXPECT_THAT(text, AllOf(HasSubstr("over 2,000 J"), HasSubstr("0.50 J"), HasSubstr("unbounded"),
                            HasSubstr("30.0 J <span class=\"interval\">[not known]")));
}

TEST(Table, CellsThatHaveNoValueAreDashes) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const std::string text = markup(one_column({Cell(), Amount{nan, {"W"}}, test::figure(nan, nan, nan)})).text();
    EXPECT_THAT(text, HasSubstr("<td class=\"right\">–</td></tr><tr><td class=\"right\">–</td>"));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(Table, RowsMayBeShortAndAbsent) {
    Table table{"Caption", {{"a"}, {"b"}}, {{std::string("x")}}};
    EXPECT_THAT(markup(table).text(), HasSubstr("<td class=\"left\">x</td><td class=\"left\"></td>"));
    table.rows.clear();
    EXPECT_THAT(markup(table).text(), HasSubstr("No data."));
}

TEST(Table, ALinkThatIsNotOfTheWebIsText) {
    const std::string text = markup(one_column({Link{"source", "javascript:alert(1)"}})).text();
    EXPECT_THAT(text, HasSubstr(">source</td>"));
    EXPECT_THAT(text, Not(HasSubstr("javascript")));
}

TEST(Facts, EachPrintsItsValue) {
    const std::string text =
        markup(Facts{{{"Memory", Amount{17.4e9, {"B/s"}}}, {"Prompts", std::int64_t{12345}}}}).text();
    EXPECT_EQ(text, "<dl class=\"facts\"><dt>Memory</dt><dd>17.4 GB/s</dd><dt>Prompts</dt><dd>12,345</dd></dl>");
}

}  // namespace
}  // namespace ergon::report
