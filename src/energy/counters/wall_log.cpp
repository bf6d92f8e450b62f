#include "energy/counters/wall_log.h"

#include <limits>

#include "energy/counters/timed_values.h"

namespace ergon::energy {

std::vector<WallReading> read_wall_log(const std::filesystem::path& path) {
    std::vector<WallReading> readings;
    for (const TimedValue& one : read_timed_values(path, "watts", std::numeric_limits<double>::max())) {
        readings.push_back({one.time, base::Watts(one.value)});
    }
    return readings;
}

std::optional<base::Watts> mean_power(const std::vector<WallReading>& readings, double begin, double end) {
    double sum = 0;
    std::int64_t count = 0;
    for (const WallReading& reading : readings) {
        if (reading.time < begin || reading.time > end) continue;
        sum += reading.power.value();
        ++count;
    }
    if (count < 3) return std::nullopt;
    return base::Watts(sum / static_cast<double>(count));
}

}  // namespace ergon::energy
