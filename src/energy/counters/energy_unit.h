#pragma once
// Numbers with units, as people and programs write them: "12.5 W", "3400 J", "node_energy_microjoules_total".

#include <optional>
#include <string>
#include <string_view>

#include "energy/counters/polled.h"

namespace ergon::energy {

struct EnergyUnit {
    bool power = false;  // watts; else joules
    double factor = 1;   // watts or joules in one of it
};

/// "W", "mW", "uW", "kW", "J", "mJ", "uJ", "kJ", "Wh", "kWh"; nothing if it is none of these.
std::optional<EnergyUnit> unit_named(std::string_view name);

/// The unit at the end of a metric's name: "_joules", "_microjoules_total", "_watts", "_kilowatthours_total", ...
/// Nothing if it ends in none that is known.
std::optional<EnergyUnit> unit_of_metric(std::string_view metric);

/// All names that unit_named or unit_of_metric knows, for sentences.
std::string known_units();
std::string known_metric_units();

/// "12.5 W", or "12.5" where the unit is known beforehand. Throws Error(bad_file) with a sentence that begins with
/// `where`.
Poll parse_quantity(std::string_view text, const std::optional<EnergyUnit>& unit, const std::string& where);

/// A number in this unit. Throws Error(bad_file) if it is negative or not finite.
Poll quantity(double value, const EnergyUnit& unit, const std::string& where);

}  // namespace ergon::energy
