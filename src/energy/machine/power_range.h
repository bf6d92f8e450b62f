#pragma once
// A power, and how sure it is.

#include "base/units.h"

namespace ergon::energy {

/// A power with its 95% interval.
struct PowerRange {
    base::Watts value{};
    base::Watts low{};
    base::Watts high{};

    friend constexpr PowerRange operator*(const PowerRange& power, double factor) {
        return {power.value * factor, power.low * factor, power.high * factor};
    }
    /// The ends as factors of the value.
    constexpr double low_factor() const { return value > base::Watts(0) ? low / value : 1; }
    constexpr double high_factor() const { return value > base::Watts(0) ? high / value : 1; }
};

}  // namespace ergon::energy
