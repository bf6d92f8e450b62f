#include "energy/counters/energy_unit.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

using Named = std::pair<std::string_view, EnergyUnit>;

constexpr std::array<Named, 10> units{{{"W", {true, 1}},
                                       {"mW", {true, 1e-3}},
                                       {"uW", {true, 1e-6}},
                                       {"kW", {true, 1e3}},
                                       {"J", {false, 1}},
                                       {"mJ", {false, 1e-3}},
                                       {"uJ", {false, 1e-6}},
                                       {"kJ", {false, 1e3}},
                                       {"Wh", {false, 3600}},
                                       {"kWh", {false, 3.6e6}}}};

constexpr std::array<Named, 10> metric_units{{{"_watts", {true, 1}},
                                              {"_milliwatts", {true, 1e-3}},
                                              {"_microwatts", {true, 1e-6}},
                                              {"_kilowatts", {true, 1e3}},
                                              {"_joules", {false, 1}},
                                              {"_millijoules", {false, 1e-3}},
                                              {"_microjoules", {false, 1e-6}},
                                              {"_kilojoules", {false, 1e3}},
                                              {"_watthours", {false, 3600}},
                                              {"_kilowatthours", {false, 3.6e6}}}};

template <std::size_t count>
std::string names(const std::array<Named, count>& table) {
    std::string text;
    for (const auto& [name, unit] : table) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

}  // namespace

std::optional<EnergyUnit> unit_named(std::string_view name) {
    for (const auto& [known, unit] : units) {
        if (known == name) return unit;
    }
    return std::nullopt;
}

std::optional<EnergyUnit> unit_of_metric(std::string_view metric) {
    constexpr std::string_view total = "_total";
    if (metric.ends_with(total)) metric.remove_suffix(total.size());
    for (const auto& [suffix, unit] : metric_units) {
        if (metric.ends_with(suffix)) return unit;
    }
    return std::nullopt;
}

std::string known_units() {
    return names(units);
}

std::string known_metric_units() {
    return names(metric_units);
}

Poll quantity(double value, const EnergyUnit& unit, const std::string& where) {
    if (!std::isfinite(value) || value < 0) {
        base::fail(base::ErrorCode::bad_file, "{} gives {}, which is not a power or an energy.", where, value);
    }
    Poll poll;
    if (unit.power) {
        poll.power = base::Watts(value * unit.factor);
    } else {
        poll.total = base::Joules(value * unit.factor);
    }
    return poll;
}

Poll parse_quantity(std::string_view text, const std::optional<EnergyUnit>& unit, const std::string& where) {
    text = trimmed(text);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc()) {
        base::fail(base::ErrorCode::bad_file, "{} gives \"{}\"; expected a number and a unit, such as 12.5 W.", where,
                   text.substr(0, 40));
    }
    const std::string_view written = trimmed(text.substr(end - text.data()));
    const auto meant = written.empty() ? unit : unit_named(written);
    if (!meant && written.empty()) {
        base::fail(base::ErrorCode::bad_file,
                   "{} gives a number without a unit; write the unit after the number or, with #, after the sensor's "
                   "name; known units are {}.",
                   where, known_units());
    }
    if (!meant) {
        base::fail(base::ErrorCode::bad_file, "{} gives the unknown unit \"{}\"; known units are {}.", where,
                   written.substr(0, 40), known_units());
    }
    return quantity(value, *meant, where);
}

}  // namespace ergon::energy
