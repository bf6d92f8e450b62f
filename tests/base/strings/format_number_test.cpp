// Numbers as people read them.

#include "base/strings/format_number.h"

#include <clocale>
#include <gtest/gtest.h>
#include <limits>
#include <locale>

namespace {

using namespace ergon::base;

const Unit joule{"J"};
const Unit second{"s", Prefixes::below_one};
const Unit token{"tokens", Prefixes::none};
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(FormatNumber, TakesThePrefixThatLeavesOneToThreeDigits) {
    EXPECT_EQ(with_unit(12.34e9, {"B/s"}), "12.3 GB/s");
    EXPECT_EQ(with_unit(4.56e9, {"FLOP/s"}), "4.56 GFLOP/s");
    EXPECT_EQ(with_unit(0.31, joule), "310 mJ");
    EXPECT_EQ(with_unit(3.1, joule), "3.10 J");
    EXPECT_EQ(with_unit(46200, joule), "46.2 kJ");
    EXPECT_EQ(with_unit(2.5e-6, second), "2.50 µs");
    EXPECT_EQ(with_unit(1e-9, joule), "1.00 nJ");
    EXPECT_EQ(with_unit(1e15, joule), "1.00 PJ");
    EXPECT_EQ(with_unit(-20, joule), "−20.0 J");
    EXPECT_EQ(with_unit(0, joule), "0 J");
}

TEST(FormatNumber, RoundsBeforeItChoosesThePrefix) {
    EXPECT_EQ(with_unit(999.4, joule), "999 J");
    EXPECT_EQ(with_unit(999.6, joule), "1.00 kJ");
    EXPECT_EQ(with_unit(0.9996, joule), "1.00 J");
    for (int i = -12; i <= 15; i += 3) {
        EXPECT_EQ(with_unit(std::stod("1e" + std::to_string(i)), joule).substr(0, 4), "1.00") << i;
    }
}

TEST(FormatNumber, SomeUnitsTakeNoPrefix) {
    EXPECT_EQ(with_unit(123456, token), "123,456 tokens");
    EXPECT_EQ(with_unit(1234, second), "1,234 s");
    EXPECT_EQ(with_unit(0.25, second), "250 ms");
    EXPECT_EQ(with_unit(3.28, {}), "3.28");
    EXPECT_EQ(with_unit(0.25, {}), "0.250");
}

TEST(FormatNumber, GroupsThousandsAndSignsLikeAPrinter) {
    EXPECT_EQ(fixed(1234567.891, 2), "1,234,567.89");
    EXPECT_EQ(fixed(-1080, 0), "−1,080");
    EXPECT_EQ(fixed(999, 0), "999");
    EXPECT_EQ(fixed(-0.001, 2), "0.00");
    EXPECT_EQ(significant(9.996), "10.0");
    EXPECT_EQ(significant(0.01234), "0.0123");
    EXPECT_EQ(significant(1.2e18), "1.20e18");
    EXPECT_EQ(significant(-1.2e-9), "−1.20e-9");
}

TEST(FormatNumber, WhatIsNoNumberIsADash) {
    for (const double value : {nan, infinity, -infinity}) {
        EXPECT_EQ(with_unit(value, joule), "–");
        EXPECT_EQ(significant(value), "–");
        EXPECT_EQ(fixed(value, 1), "–");
        EXPECT_EQ(with_interval(value, 1, 2, joule).value, "–");
    }
}

TEST(FormatNumber, ExtremesStayShort) {
    constexpr double extremes[] = {1e300, -1e300, 5e-324, std::numeric_limits<double>::max(), 1e-200};
    for (const double value : extremes) {
        EXPECT_LT(with_unit(value, joule).size(), 20u) << value;
        EXPECT_LT(with_interval(value, 0, infinity, joule).value.size(), 20u) << value;
        EXPECT_LT(with_interval(1, 0, value, joule).interval.size(), 30u) << value;
    }
}

TEST(FormatNumber, AColumnHasThePrefixOfItsMedian) {
    const auto prefix = [](std::vector<double> numbers, const Unit& unit) {
        return std::string(column_scale(std::move(numbers), unit).prefix);
    };
    EXPECT_EQ(prefix({0.031, 0.0336, 0.22, 0.039}, joule), "m");
    EXPECT_EQ(prefix({3, 40, 2e6}, joule), "");
    EXPECT_EQ(prefix({5e3, 40e3, 2e6}, joule), "k");
    EXPECT_EQ(prefix({2, 4000}, joule), "") << "of two medians the smaller";
    EXPECT_EQ(prefix({-5e-6, 0, nan, infinity, -infinity}, joule), "µ") << "only what is a number has a say";
    // Without a prefix from 0.1 to 1000, as rounded to three digits.
    EXPECT_EQ(prefix({0.0999}, joule), "m");
    EXPECT_EQ(prefix({0.09996}, joule), "");
    EXPECT_EQ(prefix({999.4}, joule), "");
    EXPECT_EQ(prefix({999.6}, joule), "k");
    EXPECT_EQ(prefix({5000}, second), "");
    EXPECT_EQ(prefix({5000}, token), "");
    EXPECT_EQ(prefix({}, joule), "");
    EXPECT_EQ(prefix({0, 0}, joule), "");
}

TEST(FormatNumber, WhatIsSmallInASharedScaleKeepsItsDigits) {
    EXPECT_EQ(with_unit(0.00031, joule, Scale{}), "0.000310 J");
    EXPECT_EQ(with_unit(3.1e-7, joule, Scale{}), "3.10e-7 J");
    EXPECT_EQ(with_unit(26800, joule, Scale{}), "26,800 J");
    const auto expect = [](double value, double low, double high, const char* text, const char* interval) {
        const IntervalText found = with_interval(value, low, high, joule, Scale{});
        EXPECT_EQ(found.value, text);
        EXPECT_EQ(found.interval, interval);
    };
    expect(0.0123, 0.002, 0.5, "0.012 J", "[0.002, 0.500]");
    expect(0.0012, 0.0004, 0.5, "0.0012 J", "[0.0004, 0.5000]");
    expect(0.31, 0.002, 5, "0.3 J", "[0.0, 5.0]");
}

TEST(FormatNumber, AWattHourAndMoreIsSaidBehindJoules) {
    EXPECT_EQ(watt_hours_note(Joules(3599)), "");
    EXPECT_EQ(watt_hours_note(Joules(0)), "");
    EXPECT_EQ(watt_hours_note(Joules(nan)), "");
    EXPECT_EQ(watt_hours_note(Joules(3600)), " (1.00 Wh)");
    EXPECT_EQ(watt_hours_note(Joules(26800)), " (7.44 Wh)");
    EXPECT_EQ(watt_hours_note(Joules(5.4e6)), " (1.50 kWh)");
}

TEST(FormatNumber, AnIntervalWithoutEndsIsNotKnown) {
    const IntervalText found = with_interval(4.08, -infinity, infinity, joule);
    EXPECT_EQ(found.value, "4.08 J");
    EXPECT_EQ(found.interval, "[not known]");
    EXPECT_EQ(with_interval(4.08, 2, infinity, joule).interval, "[2.00, ∞]");
}

void expect_interval(double value, double low, double high, const std::string& text, const std::string& interval) {
    const IntervalText found = with_interval(value, low, high, joule);
    EXPECT_EQ(found.value, text);
    EXPECT_EQ(found.interval, interval);
}

TEST(FormatNumber, AnIntervalSaysHowManyDigitsCount) {
    expect_interval(3.1, 2.6, 3.7, "3.1 J", "[2.6, 3.7]");
    expect_interval(3.1234, 3.0712, 3.1745, "3.12 J", "[3.07, 3.17]");
    expect_interval(26800, 13400, 53600, "27 kJ", "[13, 54]");
    expect_interval(512.25, 508.1, 516.4, "512.2 J", "[508.1, 516.4]");
    expect_interval(0.0005, 0.0004, 0.0006, "500 µJ", "[400, 600]");
    // No interval: three digits. One without end: what is known of it. Wide beside its value: the value's first digit.
    expect_interval(3.1, 3.1, 3.1, "3.10 J", "");
    expect_interval(3.1, 2.6, infinity, "3.10 J", "[2.60, ∞]");
    expect_interval(3.1, nan, 4, "3.10 J", "[–, 4.00]");
    expect_interval(0.03, 0, 5, "30 mJ", "[0, 5,000]");
    expect_interval(0, 0, 5, "0.0 J", "[0.0, 5.0]");
    expect_interval(1234.5678, 1234.5677, 1234.5679, "1.2346 kJ", "[1.2346, 1.2346]");
}

TEST(FormatNumber, TheLocaleHasNoSay) {
    const char* set = std::setlocale(LC_ALL, "de_DE.UTF-8");
    struct Comma : std::numpunct<char> {
        char do_decimal_point() const override { return ','; }
        char do_thousands_sep() const override { return '.'; }
        std::string do_grouping() const override { return "\3"; }
    };
    const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
    EXPECT_EQ(with_unit(12345.6, token), "12,346 tokens");
    EXPECT_EQ(with_unit(1.5, joule), "1.50 J");
    std::locale::global(before);
    if (set != nullptr) std::setlocale(LC_ALL, "C");
}

TEST(FormatNumber, DurationsHaveTheTwoUnitsThatMatter) {
    EXPECT_EQ(duration_text(Seconds(44.6)), "45 s");
    EXPECT_EQ(duration_text(Seconds(59.6)), "1 min 0 s");
    EXPECT_EQ(duration_text(Seconds(200)), "3 min 20 s");
    EXPECT_EQ(duration_text(Seconds(7530)), "2 h 5 min");
}

}  // namespace
