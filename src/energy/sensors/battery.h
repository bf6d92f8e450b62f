#pragma once
// A notebook's battery, while it discharges: then it feeds the whole machine.
// /sys/class/power_supply/BAT*/{status,power_now | current_now, voltage_now}.

#include <filesystem>

#include "energy/sensors/found_sensors.h"

namespace ergon::energy {

/// Batteries that are discharging now. One that is charged later loses its readings: the charger feeds the machine.
FoundSensors find_batteries(const std::filesystem::path& sysfs, base::Nanoseconds now);

}  // namespace ergon::energy
