#pragma once
// Sensors that the user names with --sensor.

#include <memory>
#include <string>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// Opens one of
///   plug:http://host                        a Shelly or Tasmota plug
///   prometheus:http://host:port/path#metric a metric in joules or watts
///   command:COMMAND                         what a shell command prints: "12.5 W", "3400 J", or a number and #unit
///   file:PATH                               the same from a file
/// The unit may stand behind a # at the end of a command or path. All are taken to feed the whole machine. Throws
/// base::Error if it does not respond now.
std::unique_ptr<Sensor> open_user_sensor(const std::string& spec, base::Nanoseconds now);

}  // namespace ergon::energy
