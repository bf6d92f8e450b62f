#pragma once
// --carbon and --price: joules as grams of CO2e and as money.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "energy/cost/carbon.h"
#include "energy/figure.h"

namespace ergon::cli {

struct CostOptions {
    std::optional<energy::CarbonIntensity> carbon;
    std::optional<energy::Price> price;

    void add(CLI::App& command);
    bool any() const { return carbon || price; }
    /// "1.2 mg CO2e [0.6, 2.4] (France, 56 g/kWh, Our World in Data, 2023), 0.21 EUR [0.10, 0.41] for 1,000 of these";
    /// empty if nothing is asked for. Money of less than a hundredth is that of so many times as much.
    std::string text(const energy::Figure& joules) const;
    /// "1 million answers come to (at 0.3 EUR/kWh):" and a line for each label: as many answers as make a hundredth of
    /// the currency at least.
    std::string table(const std::vector<std::pair<std::string, energy::Figure>>& per_answer) const;
    /// {"carbon": {...}, "money": {...}}, each only if asked for.
    nlohmann::ordered_json json(const energy::Figure& joules) const;
};

}  // namespace ergon::cli
