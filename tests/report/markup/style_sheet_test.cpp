// The colours of a report can be told apart and read, in light and dark.

#include "report/markup/style_sheet.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>

#include "report/charts/drawing.h"
#include "report/charts/heat_map.h"

namespace ergon::report {
namespace {

using Colours = std::map<std::string, std::string>;  // "--ink" to "#1b2026"

/// The custom properties of light and of dark.
std::pair<Colours, Colours> themes() {
    const std::string sheet(style_sheet.text());
    const std::size_t dark = sheet.find("prefers-color-scheme: dark");
    const std::size_t end = sheet.find("* { box-sizing");
    const auto read = [](const std::string& text) {
        Colours found;
        const std::regex property("(--[a-z0-9-]+):\\s*(#[0-9a-f]{6});");
        for (std::sregex_iterator at(text.begin(), text.end(), property), last; at != last; ++at) {
            found[(*at)[1]] = (*at)[2];
        }
        return found;
    };
    return {read(sheet.substr(0, dark)), read(sheet.substr(dark, end - dark))};
}

/// A channel of "#rrggbb" as light (IEC 61966-2-1).
double channel(const std::string& hex, std::size_t at) {
    const double c = std::stoi(hex.substr(at, 2), nullptr, 16) / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

/// OKLab lightness (Ottosson 2020).
double lightness(const std::string& hex) {
    const double r = channel(hex, 1), g = channel(hex, 3), b = channel(hex, 5);
    return 0.2104542553 * std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) +
           0.7936177850 * std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) -
           0.0040720468 * std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
}

/// WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances.
double contrast(const std::string& a, const std::string& b) {
    const auto luminance = [](const std::string& hex) {
        return 0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);
    };
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

TEST(StyleSheet, ContrastIsThatOfTheStandard) {
    EXPECT_DOUBLE_EQ(contrast("#ffffff", "#000000"), 21);
    EXPECT_NEAR(contrast("#ffffff", "#767676"), 4.54, 0.005);  // the lightest grey that WCAG's own examples allow
}

TEST(StyleSheet, BothThemesHaveAllColours) {
    const auto [light, dark] = themes();
    EXPECT_GE(light.size(), 8 + 2 * series_colours + heat_levels);
    for (const auto& [name, colour] : light) EXPECT_TRUE(dark.contains(name)) << name;
    EXPECT_EQ(light.size(), dark.size());
}

TEST(StyleSheet, TextAndMarksHaveTheContrastOfAA) {
    const auto [light, dark] = themes();
    int compared = 0;
    for (const Colours& theme : {light, dark}) {
        const auto expect = [&](const std::string& mark, const std::string& ground, double least) {
            ++compared;
            EXPECT_GE(contrast(theme.at(mark), theme.at(ground)), least)
                << mark << " on " << ground << (theme == light ? ", light" : ", dark");
        };
        for (const std::string text : {"--ink", "--quiet", "--accent"}) {
            for (const std::string ground : {"--paper", "--wash"}) expect(text, ground, 4.5);
        }
        for (std::size_t i = 0; i < series_colours; ++i) {
            expect(fmt::format("--s{}", i), "--paper", 3);
            expect(fmt::format("--on-s{}", i), fmt::format("--s{}", i), 4.5);
        }
    }
    EXPECT_EQ(compared, 2 * (6 + 16));
}

TEST(StyleSheet, EverySeriesHasItsRules) {
    const std::string_view sheet = style_sheet.text();
    for (std::size_t i = 0; i < series_colours; ++i) {
        for (const std::string& name : {series_class(i), "on-" + series_class(i)}) {
            EXPECT_NE(sheet.find(fmt::format(".{} {{ fill: var(--{})", name, name)), std::string_view::npos) << name;
        }
    }
}

TEST(StyleSheet, TheHeatScaleHasEvenStepsOfLightness) {
    const auto [light, dark] = themes();
    for (const Colours& theme : {light, dark}) {
        std::vector<double> found;
        for (std::size_t i = 0; i < heat_levels; ++i) found.push_back(lightness(theme.at(fmt::format("--h{}", i))));
        const double step = (found.back() - found.front()) / (heat_levels - 1);
        EXPECT_GT(std::abs(step), 0.04);
        // 8 bits of a channel are up to 0.003 of lightness.
        for (std::size_t i = 1; i < heat_levels; ++i) EXPECT_NEAR(found[i] - found[i - 1], step, 0.006);
    }
}

}  // namespace
}  // namespace ergon::report
