#pragma once
// NVIDIA's cards, by the library of their driver. It is looked for at run time: machines without it need nothing.

#include <filesystem>

#include "energy/sensors/found_sensors.h"

namespace ergon::energy {

/// Cards count energy themselves (Volta and newer), in steps of 100 ms; of older ones power is integrated. `file` is
/// a name for the loader or a path.
FoundSensors find_nvml(const std::filesystem::path& file, base::Nanoseconds now);

}  // namespace ergon::energy
