#include "cli/options/cost_options.h"

#include <fmt/format.h>
#include <vector>

#include "base/strings/format_number.h"
#include "report/table.h"

namespace ergon::cli {
namespace {

std::string origin(const energy::CarbonIntensity& carbon) {
    std::string text = fmt::format("{}, {} g/kWh", carbon.name, base::significant(carbon.amount.value()));
    if (!carbon.source.empty()) text += ", " + carbon.source;
    return text;
}

}  // namespace

void CostOptions::add(CLI::App& command) {
    command
        .add_option_function<std::string>(
            "--carbon",
            [this](const std::string& argument) { carbon = energy::parse_carbon(argument, energy::read_regions()); },
            "Also report CO2e, for a country's grid (FRA, Germany, world) or a number of grams per kWh")
        ->type_name("REGION|G/KWH");
    command
        .add_option_function<std::string>(
            "--price", [this](const std::string& argument) { price = energy::parse_price(argument); },
            "Also report cost: 0.30, 0.30EUR/kWh")
        ->type_name("X/KWH");
}

std::string CostOptions::text(const energy::Figure& joules) const {
    std::vector<std::string> parts;
    if (carbon) {
        const energy::CarbonFigure figure = energy::carbon_of(joules, carbon->amount);
        const base::IntervalText amount =
            base::with_interval(figure.value.value(), figure.low.value(), figure.high.value(), report::grams);
        parts.push_back(fmt::format("{} {} ({})", amount.value, amount.interval, origin(*carbon)));
    }
    if (price) {
        const energy::Cost cost = energy::cost_of(joules, *price);
        parts.push_back(fmt::format("{} [{}, {}]{}", base::significant(cost.value), base::significant(cost.low),
                                    base::significant(cost.high), cost.currency.empty() ? "" : " " + cost.currency));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

nlohmann::ordered_json CostOptions::json(const energy::Figure& joules) const {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    if (carbon) {
        json["carbon"] = energy::carbon_of(joules, carbon->amount);
        json["carbon"].update(
            {{"grams_per_kwh", carbon->amount.value()}, {"region", carbon->name}, {"source", carbon->source}});
    }
    if (price) {
        const energy::Cost cost = energy::cost_of(joules, *price);
        json["money"] = {{"value", cost.value},
                         {"unit", cost.currency},
                         {"low", cost.low},
                         {"high", cost.high},
                         {"method", std::string(energy::name(joules.method))},
                         {"per_kwh", price->per_kilowatt_hour}};
    }
    return json;
}

}  // namespace ergon::cli
