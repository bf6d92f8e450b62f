#include "cli/options/cost_options.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "base/strings/characters.h"
#include "base/strings/format_number.h"
#include "report/table.h"

namespace ergon::cli {
namespace {

std::string origin(const energy::CarbonIntensity& carbon) {
    std::string text = fmt::format("{}, {} g/kWh", carbon.name, base::significant(carbon.amount.value()));
    if (!carbon.source.empty()) text += ", " + carbon.source;
    return text;
}

std::string origin(const energy::Price& price) {
    return fmt::format("at {}{}/kWh", price.per_kilowatt_hour, price.currency.empty() ? "" : " " + price.currency);
}

struct Multiple {
    double count;
    const char* words;
};

/// Smallest of them of which the money is at least a hundredth: "0.25 EUR for a million" can be read, "2.5e-7 EUR"
/// cannot.
Multiple multiple_for(double money) {
    constexpr std::array<Multiple, 4> multiples{{{1, ""}, {1e3, "1,000"}, {1e6, "1 million"}, {1e9, "1 billion"}}};
    const auto found = std::ranges::find_if(
        multiples, [money](const Multiple& one) { return money == 0 || money * one.count >= 0.01; });
    return found == multiples.end() ? multiples.back() : *found;
}

std::string with_its_interval(const base::IntervalText& text) {
    return text.interval.empty() ? text.value : text.value + " " + text.interval;
}

std::string money_text(const energy::Cost& cost, double count) {
    return with_its_interval(base::with_interval(cost.value * count, cost.low * count, cost.high * count,
                                                 {cost.currency, base::Prefixes::none}));
}

std::string grams_text(const energy::CarbonFigure& figure, const base::Scale& scale) {
    return with_its_interval(
        base::with_interval(figure.value.value(), figure.low.value(), figure.high.value(), report::grams, scale));
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
        const base::Scale scale = base::scale_for(figure.value.value(), report::grams);
        parts.push_back(fmt::format("{} ({})", grams_text(figure, scale), origin(*carbon)));
    }
    if (price) {
        const energy::Cost cost = energy::cost_of(joules, *price);
        const Multiple of = multiple_for(cost.value);
        parts.push_back(money_text(cost, of.count) + (of.count > 1 ? fmt::format(" for {} of these", of.words) : ""));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string CostOptions::table(const std::vector<std::pair<std::string, energy::Figure>>& per_answer) const {
    if (!any() || per_answer.empty()) return {};
    // The cheapest can be read, too.
    const auto cheapest = std::ranges::min_element(per_answer, {}, [](const auto& one) { return one.second.value; });
    const Multiple of = multiple_for(price ? energy::cost_of(cheapest->second, *price).value : 0);
    std::vector<energy::CarbonFigure> emitted;
    std::vector<double> grams;
    for (const auto& [label, joules] : per_answer) {
        if (!carbon) break;
        emitted.push_back(energy::carbon_of(joules * of.count, carbon->amount));
        grams.push_back(emitted.back().value.value());
    }
    const base::Scale scale = base::column_scale(std::move(grams), report::grams);
    std::vector<std::string> origins;
    if (carbon) origins.push_back(origin(*carbon));
    if (price) origins.push_back(origin(*price));
    std::string text =
        fmt::format("{} to ({}):\n", of.count > 1 ? fmt::format("{} answers come", of.words) : "An answer comes",
                    fmt::join(origins, "; "));
    for (std::size_t i = 0; i < per_answer.size(); ++i) {
        const auto& [label, joules] = per_answer[i];
        text += fmt::format("  {:<40}", base::visible_line(label, 40));
        if (carbon) text += fmt::format(" {:<{}}", grams_text(emitted[i], scale), price ? 28 : 0);
        if (price) text += fmt::format(" {}", money_text(energy::cost_of(joules, *price), of.count));
        text += '\n';
    }
    return text;
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
