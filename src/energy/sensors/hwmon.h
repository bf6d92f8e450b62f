#pragma once
// Power and energy sensors of the kernel's hardware monitoring: /sys/class/hwmon/hwmonN/{name, energyK_input (uJ),
// powerK_input | powerK_average (uW), energyK_label, powerK_label}. Anything may be behind them (a drive, a network
// card, one rail of a board), so only names and labels that are known get a scope; the rest is shown, never added.

#include <filesystem>
#include <string_view>

#include "energy/sensors/found_sensors.h"

namespace ergon::energy {

FoundSensors find_hwmon(const std::filesystem::path& sysfs, base::Nanoseconds now);

}  // namespace ergon::energy
