#pragma once
// Axes: from numbers to places, and where the ticks stand.

#include <string>
#include <vector>

#include "base/format_number.h"

namespace ergon::report {

/// A number that a chart can place. Beyond 1e100 the arithmetic of an axis could overflow, and no quantity is so large.
bool drawable(double value);

struct Tick {
    double value = 0;
    std::string label;  // in the axis' scale, without the unit
    bool operator==(const Tick&) const = default;
};

/// The smallest and largest of the numbers that it was shown; numbers that cannot be drawn are passed over.
class Extent {
  public:
    void include(double value);
    bool empty() const { return low_ > high_; }
    double low() const { return low_; }
    double high() const { return high_; }

  private:
    double low_ = 1e300;
    double high_ = -1e300;
};

/// An axis with steps of 1, 2 or 5 times a power of ten, which begins and ends on a step.
class LinearAxis {
  public:
    /// About `wanted` ticks over the extent; an extent without width is given some.
    LinearAxis(const Extent& extent, const base::Unit& unit, int wanted);

    const std::vector<Tick>& ticks() const { return ticks_; }
    /// 0 at the lower end, 1 at the upper.
    double place(double value) const { return (value - low_) / (high_ - low_); }
    double low() const { return low_; }
    double high() const { return high_; }
    /// The unit with the axis' prefix, "kJ"; empty if there is none.
    const std::string& unit() const { return unit_; }

  private:
    double low_ = 0;
    double high_ = 1;
    std::vector<Tick> ticks_;
    std::string unit_;
};

/// A logarithmic axis over positive numbers: ticks at powers of ten, at 2 and 5 as well where there are few decades.
class LogAxis {
  public:
    /// The ends stay where they are: rounding them out to decades would leave most of a small chart empty.
    LogAxis(double low, double high, const base::Unit& unit);

    const std::vector<Tick>& ticks() const { return ticks_; }
    double place(double value) const;
    double low() const { return low_; }
    double high() const { return high_; }

  private:
    double low_ = 1;
    double high_ = 10;
    std::vector<Tick> ticks_;
};

}  // namespace ergon::report
