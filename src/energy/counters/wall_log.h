#pragma once
// Readings of a meter at the wall, as its logger writes them.

#include <filesystem>
#include <optional>
#include <vector>

#include "base/units.h"

namespace ergon::energy {

struct WallReading {
    double time = 0;  // seconds since 1970
    base::Watts power{};
};

/// Lines "time,watts" (see timed_values.h). Throws Error(not_found | bad_file) with the line.
std::vector<WallReading> read_wall_log(const std::filesystem::path& path);

/// Mean power between two moments; nothing if fewer than three readings lie between them.
std::optional<base::Watts> mean_power(const std::vector<WallReading>& readings, double begin, double end);

}  // namespace ergon::energy
