#include "lab/figure_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace ergon::lab {
namespace {

using testing::ElementsAre;

std::optional<energy::Figure> estimated(double value, double low, double high) {
    return energy::Figure{base::Joules(value), base::Joules(low), base::Joules(high), energy::Method::estimated};
}

TEST(FigureText, AColumnHasOnePrefix) {
    EXPECT_THAT(figure_cells({estimated(0.0336, 0.0179, 0.054), estimated(0.219, 0.11, 0.36), std::nullopt,
                              estimated(0.039, 0.0211, 0.0589)},
                             false),
                ElementsAre("33.6 mJ (17.9-54.0)", "219 mJ (110-360)", "-", "39.0 mJ (21.1-58.9)"));
    EXPECT_THAT(figure_cells({estimated(4e-6, 2e-6, 8e-6), estimated(30e-6, 20e-6, 40e-6)}, true),
                ElementsAre("4.00 µJ e (2.00-8.00)", "30.0 µJ e (20.0-40.0)"));
}

TEST(FigureText, WhatIsSmallOrLargeInItsColumnIsReadableYet) {
    EXPECT_THAT(
        figure_cells({estimated(0.0042, 0.0021, 0.084), estimated(3, 2, 4), estimated(26800, 13400, 53600),
                      estimated(0.7, 0.00004, 3e7)},
                     false),
        ElementsAre("0.0042 J (0.0021-0.084)", "3.00 J (2.00-4.00)", "26800 J (13400-53600)", "0.70 J (4.0e-5-3.0e7)"));
}

TEST(FigureText, WhatNothingBoundsHasThePrefixOfItsColumn) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_THAT(figure_cells({estimated(infinity, 4000, infinity), estimated(2, 1, infinity), estimated(3, 2, 4),
                              estimated(infinity, 0, infinity)},
                             false),
                ElementsAre("over 4000 J", "2.00 J (not known)", "3.00 J (2.00-4.00)", "unbounded"));
}

TEST(FigureText, AFigureByItselfHasItsOwnPrefix) {
    EXPECT_EQ(figure_text(*estimated(26800, 13400, 53600)), "26.8 kJ (13.4-53.6) (7.44 Wh)");
    EXPECT_EQ(figure_text(*estimated(0.31, 0.16, 0.56)), "0.31 J (0.16-0.56)");
    EXPECT_EQ(figure_text(*estimated(0, 0, 0)), "0.00 J (0.00-0.00)");
}

TEST(FigureText, APValueThatIsNotShownIsBelowSomething) {
    EXPECT_EQ(p_value_text(0, 4), "< 0.0001");
    EXPECT_EQ(p_value_text(0.00009, 4), "< 0.0001");
    EXPECT_EQ(p_value_text(0.0001, 4), "0.0001");
    EXPECT_EQ(p_value_text(0.0132, 4), "0.0132");
    EXPECT_EQ(p_value_text(0.0004, 3), "< 0.001");
    EXPECT_EQ(p_value_text(1, 3), "1.000");
}

TEST(FigureText, WidthsAreThoseOfCharacters) {
    EXPECT_EQ(widest_of({"4 µJ", "12 µJ"}, 3), 5);
    EXPECT_EQ(widest_of({}, 3), 3);
}

}  // namespace
}  // namespace ergon::lab
