#include "report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "report/example.h"

namespace ergon::report {
namespace {

using energy::Method;
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

TEST(Table, FiguresOfAColumnShareAPrefixWhereTheirSizesAllowIt) {
    const std::string near = markup(one_column({test::figure(0.9, 0.8, 1.1), test::figure(30, 20, 40)})).text();
    EXPECT_THAT(near, HasSubstr("0.90 J"));
    const std::string far = markup(one_column({test::figure(0.0009, 0.0008, 0.0011), test::figure(30, 20, 40)})).text();
    EXPECT_THAT(far, HasSubstr("900 µJ"));
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
