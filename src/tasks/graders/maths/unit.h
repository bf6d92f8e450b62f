#pragma once
// Units of measure: enough of them to tell 5 cm from 5 m.

#include <optional>
#include <string>
#include <string_view>

#include "tasks/graders/maths/rational.h"

namespace ergon::tasks::maths {

struct Unit {
    std::string dimension;  // "length", "length^2", "time", ...
    Rational scale = 1;     // in the dimension's first unit
};

/// What is known of "cm", "square centimeters", "cm^2", "hours", ...; nothing for other words.
std::optional<Unit> unit_of(std::string_view words);

/// Whether a name without a power is one of them.
bool known_unit(std::string_view name);

}  // namespace ergon::tasks::maths
