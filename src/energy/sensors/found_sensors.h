#pragma once
// What the search for one kind of sensor finds.

#include <memory>
#include <string>
#include <vector>

#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// What one kind of source offers on this machine.
struct FoundSensors {
    std::vector<std::unique_ptr<Sensor>> sensors;
    std::vector<std::string> problems;  // a sentence, with its remedy, for each thing that is there and cannot be used
    std::vector<Unread> unread;         // those of them that take energy of the machine
};

}  // namespace ergon::energy
