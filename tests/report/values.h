#pragma once
// What charts are tried with: a unit, and numbers that no axis holds.

#include <limits>

#include "base/strings/format_number.h"

namespace ergon::report::test {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline const base::Unit joule{"J"};

}  // namespace ergon::report::test
