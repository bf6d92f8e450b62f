#pragma once
// Joules as grams of CO2e and as money: what a kilowatt-hour emits where the electricity comes from, and what it costs.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"

namespace ergon::energy {

/// The electricity of a country, or of the world.
struct Region {
    std::string alpha3;  // ISO 3166; WLD for the world
    std::string alpha2;  // may be empty
    std::string name;
    base::GramsPerKilowattHour intensity{};  // CO2 equivalent, over the life cycle
    int year = 0;
    std::vector<std::string> also;  // other names
};

/// The table that ships, data/electricity.csv.
std::vector<Region> read_regions();

/// Reads "alpha3,alpha2,name,grams_per_kwh,year,also" from each line; empty lines and those that begin with # are
/// skipped. Throws Error(not_found | bad_file) with the line.
std::vector<Region> read_regions(const std::filesystem::path& path);

/// No grid emits more per kilowatt-hour: the dirtiest of the table is at 1,306 g/kWh, a coal plant at about 1,000, so
/// above this it is another unit (assumed).
inline constexpr double max_grams = 5000;

/// What a kilowatt-hour emits, and where the number comes from.
struct CarbonIntensity {
    base::GramsPerKilowattHour amount{};
    std::string name;     // "France"; "as given"
    std::string source;   // "Our World in Data, 2023"; empty if it was given
    std::string country;  // ISO 3166 alpha-3; empty if it is none's, as the world's mean
};

/// A region by code or name ("FRA", "fr", "France", "world") or an amount ("56", "56 g/kWh"). Throws
/// Error(bad_argument), for an unknown region with those that resemble it.
CarbonIntensity parse_carbon(std::string_view argument, const std::vector<Region>& regions);

/// Grams with the interval and method of the energy. The intensity has an uncertainty of its own (hour, season, losses
/// on the way), which nobody states and which is not in this interval.
using CarbonFigure = FigureOf<base::Grams>;
CarbonFigure carbon_of(const Figure& figure, base::GramsPerKilowattHour intensity);

/// What a kilowatt-hour costs.
struct Price {
    double per_kilowatt_hour = 0;
    std::string currency;  // three letters; empty if none was given
};

/// "0.30", "0.30 EUR", "0.30EUR/kWh", "$0.12", "€0.30". Throws Error(bad_argument).
Price parse_price(std::string_view argument);

/// Money with the interval and method of the energy.
struct Cost {
    double value = 0;
    double low = 0;
    double high = 0;
    std::string currency;
    Method method = Method::measured;
};
Cost cost_of(const Figure& figure, const Price& price);

}  // namespace ergon::energy
