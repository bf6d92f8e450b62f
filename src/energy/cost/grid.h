#pragma once
// What a kilowatt-hour emits, hour by hour: from a file of hours, or from a command that asks somebody who knows.

#include <chrono>
#include <functional>
#include <string>

#include "base/units.h"

namespace ergon::energy {

using SystemTime = std::chrono::system_clock::time_point;

/// The grid's carbon intensity at a moment, which is the present one (a command knows no other). Throws base::Error
/// where it is not known.
using Grid = std::function<base::GramsPerKilowattHour(SystemTime now)>;

/// FILE: lines "time,g/kWh" (see timed_values.h), each of which holds until the next, for an hour at most. It is read
/// again where it says nothing of a moment, so that a longer one may take its place.
/// "command:COMMAND": the first number of what the command prints; it is asked every five minutes at most.
/// Throws Error(not_found | bad_file | system).
Grid open_grid(const std::string& spec);

}  // namespace ergon::energy
