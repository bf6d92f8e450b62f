#pragma once
// RAPL energy counters as the kernel's perf events, often readable where powercap's files are not:
// /sys/bus/event_source/devices/power/{type,cpumask,events/energy-*{,.scale,.unit}}.

#include <cstdint>
#include <filesystem>
#include <functional>

#include "energy/sensors/found_sensors.h"

namespace ergon::energy {

/// An open counter: reads its count. A failed opening has no `read`, and the errno of the call.
struct PerfEvent {
    std::function<SensorResult<std::uint64_t>()> read;
    int error = 0;
};

/// Opens an event of all processes on one processor. Replaced by tests.
using PerfOpen = std::function<PerfEvent(std::uint32_t type, std::uint64_t config, int processor)>;

/// perf_event_open with pid = -1.
PerfEvent open_perf_event(std::uint32_t type, std::uint64_t config, int processor);

/// One counter per event and processor package; psys only once, since every package shows the same one.
FoundSensors find_perf_power(const std::filesystem::path& sysfs, const PerfOpen& open, base::Nanoseconds now);

}  // namespace ergon::energy
