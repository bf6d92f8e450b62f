#include "base/memory.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <limits>
#include <string>

namespace ergon::base {

Bytes available_memory() {
    std::ifstream file("/proc/meminfo");
    std::string key, unit;
    for (std::int64_t amount = 0; file >> key >> amount;) {
        std::getline(file, unit);
        if (key == "MemAvailable:") return Bytes(amount * 1024);
    }
    return Bytes(std::numeric_limits<std::int64_t>::max());
}

std::string readable(Bytes bytes) {
    constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB"};
    auto amount = static_cast<double>(bytes.value());
    std::size_t unit = 0;
    for (; amount >= 999.95 && unit + 1 < units.size(); ++unit) amount /= 1000;
    return unit == 0 ? fmt::format("{} bytes", bytes.value()) : fmt::format("{:.1f} {}", amount, units[unit]);
}

}  // namespace ergon::base
