#pragma once
// --carbon and --price: joules as grams of CO2e and as money.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "energy/cost/carbon.h"
#include "energy/figure.h"

namespace ergon::cli {

struct CostOptions {
    std::optional<energy::CarbonIntensity> carbon;
    std::optional<energy::Price> price;

    void add(CLI::App& command);
    bool any() const { return carbon || price; }
    /// "1.2 mg CO2e (0.6 to 2.4; France, 56 g/kWh, Our World in Data, 2023), 0.0003 EUR (...)"; empty if nothing is
    /// asked for.
    std::string text(const energy::Figure& joules) const;
    /// {"carbon": {...}, "money": {...}}, each only if asked for.
    nlohmann::ordered_json json(const energy::Figure& joules) const;
};

}  // namespace ergon::cli
