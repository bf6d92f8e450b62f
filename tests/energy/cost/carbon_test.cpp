#include "energy/cost/carbon.h"

#include <gtest/gtest.h>
#include <sstream>

#include "base/expect_error.h"
#include "base/files/data_files.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Grams;
using base::GramsPerKilowattHour;
using base::Joules;
using ergon::test::expect_error;

const std::vector<Region>& regions() {
    static const std::vector<Region> shipped = read_regions();
    return shipped;
}

CarbonIntensity carbon(std::string_view argument) {
    return parse_carbon(argument, regions());
}

TEST(Regions, ShipWithTheirSourcesNumbers) {
    EXPECT_EQ(regions().size(), 214u);  // 213 countries and the world
    EXPECT_EQ(carbon("FRA").amount, GramsPerKilowattHour(56.039));
    EXPECT_EQ(carbon("DEU").amount, GramsPerKilowattHour(380.95));
    EXPECT_EQ(carbon("CHN").amount, GramsPerKilowattHour(582.317));
    for (const Region& region : regions()) EXPECT_FALSE(region.alpha2.empty() && region.alpha3 != "WLD") << region.name;
}

TEST(Regions, NoNameStandsForTwo) {
    for (const Region& region : regions()) {
        EXPECT_EQ(carbon(region.name).name, region.name);
        EXPECT_EQ(carbon(region.alpha3).name, region.name);
        if (!region.alpha2.empty()) {
            EXPECT_EQ(carbon(region.alpha2).name, region.name);
        }
        for (const std::string& also : region.also) EXPECT_EQ(carbon(also).name, region.name);
    }
}

TEST(ParseCarbon, ARegionByCodeOrName) {
    for (const char* argument : {"FRA", "fra", "FR", "fr", "France", "FRANCE", "  france "}) {
        const CarbonIntensity found = carbon(argument);
        EXPECT_EQ(found.name, "France") << argument;
        EXPECT_EQ(found.source, "Our World in Data, 2023");
        EXPECT_EQ(found.country, "FRA");
    }
    EXPECT_EQ(carbon("world").name, "World");
    EXPECT_EQ(carbon("world").country, "");
    EXPECT_EQ(carbon("uk").name, "United Kingdom");
    EXPECT_EQ(carbon("united  states").name, "United States");
}

TEST(ParseCarbon, AnAmount) {
    for (const char* argument : {"56", "56 g/kWh", "56g/kwh", "56.0 gCO2/kWh", "56 gCO2eq/kWh", "56 g"}) {
        const CarbonIntensity found = carbon(argument);
        EXPECT_EQ(found.amount, GramsPerKilowattHour(56)) << argument;
        EXPECT_EQ(found.name, "as given");
        EXPECT_EQ(found.source, "");
        EXPECT_EQ(found.country, "");
    }
    EXPECT_EQ(carbon("0").amount, GramsPerKilowattHour(0));
}

void refused(std::string_view argument, const std::string& fragment) {
    expect_error(ErrorCode::bad_argument, fragment, [&] { carbon(argument); });
}

TEST(ParseCarbon, WhatIsWrongIsSaidInASentence) {
    refused("Frnace", "\"Frnace\" is not a known region; did you mean France (FRA)?");
    refused("Germny", "did you mean Germany (DEU)?");
    refused("Guinea-Bissou", "Guinea-Bissau (GNB)");
    refused("korea north", "expected a country's name or ISO code");
    refused("xyzzyx", "expected a country's name or ISO code, \"world\", or grams");
    refused("", "expected a country's name");
    refused("-5", "expected 0 to 5000 grams");
    refused("56 kg/kWh", "expected grams of CO2e per kWh, such as \"56 g/kWh\"");
    refused("1e99", "expected grams of CO2e per kWh");
    refused("99999", "expected 0 to 5000");
    refused("nan", "is not a known region");
    refused("inf", "is not a known region");
    refused(std::string(100000, 'a'), "is not a known region");
}

TEST(CarbonOf, GramsFollowTheJoules) {
    const Figure kilowatt_hour{Joules(3.6e6), Joules(1.8e6), Joules(7.2e6), Method::estimated};
    const CarbonFigure found = carbon_of(kilowatt_hour, carbon("56").amount);
    EXPECT_EQ(found.value, Grams(56));
    EXPECT_EQ(found.low, Grams(28));
    EXPECT_EQ(found.high, Grams(112));
    EXPECT_EQ(found.method, Method::estimated);
}

TEST(ParsePrice, AnAmountAndACurrency) {
    const auto is = [](std::string_view argument, double amount, const std::string& currency) {
        const Price price = parse_price(argument);
        EXPECT_EQ(price.per_kilowatt_hour, amount) << argument;
        EXPECT_EQ(price.currency, currency) << argument;
    };
    is("0.30", 0.30, "");
    is("0.30 EUR", 0.30, "EUR");
    is("0.30EUR/kWh", 0.30, "EUR");
    is(" .3 eur / kWh ", 0.30, "EUR");
    is("0.30/kWh", 0.30, "");
    is("$0.12", 0.12, "USD");
    is("€ 0.30/kWh", 0.30, "EUR");
    is("0.30 €", 0.30, "EUR");
    is("0", 0, "");
    for (const char* wrong :
         {"", "EUR", "-1", "0.30 EURO", "0.30 E1R", "$0.30 EUR", "0,30", "0.30 0.40", "nan", "1e3x", "$"}) {
        expect_error(ErrorCode::bad_argument, "expected the price of a kWh, such as \"0.30\"",
                     [&] { parse_price(wrong); });
    }
}

TEST(CostOf, MoneyFollowsTheJoules) {
    const Figure figure{Joules(3.6e6), Joules(1.8e6), Joules(7.2e6), Method::apportioned};
    const Cost cost = cost_of(figure, {0.5, "EUR"});
    EXPECT_EQ(cost.value, 0.5);
    EXPECT_EQ(cost.low, 0.25);
    EXPECT_EQ(cost.high, 1.0);
    EXPECT_EQ(cost.currency, "EUR");
    EXPECT_EQ(cost.method, Method::apportioned);
}

TEST(ReadRegions, AFileWithMistakesIsRefusedWithTheLine) {
    const ergon::test::TemporaryDirectory folder;
    const auto refuses = [&](std::string_view content, const std::string& fragment) {
        const auto path = folder.write("regions.csv", content);
        expect_error(ErrorCode::bad_file, fragment, [&] { read_regions(path); });
    };
    refuses("# only a comment\n", "holds no regions");
    refuses("# x\n\nFRA,FR,France,56,2023\n", "line 3: expected 6 fields");
    refuses("FRA,FR,France,56,2023,,\n", "found 7");
    refuses("FRAN,FR,France,56,2023,\n", "line 1: expected a three-letter code");
    refuses("FRA,FR,,56,2023,\n", "and a name");
    refuses("FRA,FR,France,-1,2023,\n", "found \"-1\"");
    refuses("FRA,FR,France,nan,2023,\n", "found \"nan\"");
    refuses("FRA,FR,France,56x,2023,\n", "found \"56x\"");
    refuses("FRA,FR,France,56,23,\n", "expected a year");
    expect_error(ErrorCode::not_found, "none.csv", [&] { read_regions(folder / "none.csv"); });
}

// The table of processors, whose reader is yet to come, keeps its form: watts, then a name to the end of the line.
TEST(Processors, EveryLineIsAPowerAndAName) {
    std::istringstream lines(std::string(base::embedded_text("processors.csv")));
    int processors = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#') || line == "watts,name") continue;
        std::size_t used = 0;
        const double watts = std::stod(line, &used);
        EXPECT_GT(watts, 0) << line;
        EXPECT_LE(watts, 500) << line;
        ASSERT_LT(used + 1, line.size()) << line;
        EXPECT_EQ(line[used], ',') << line;
        ++processors;
    }
    EXPECT_EQ(processors, 4895);
}

}  // namespace
}  // namespace ergon::energy
