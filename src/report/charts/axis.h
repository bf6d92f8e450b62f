#pragma once
// Axes: from numbers to places, and where the ticks stand.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/strings/format_number.h"

namespace ergon::report {

/// A number that a chart can place. Beyond 1e100 the arithmetic of an axis could overflow, and no quantity is so large.
bool drawable(double value);
/// One that a logarithmic axis can place as well.
bool drawable_positive(double value);

/// The ends of a 95% interval; an end that is not finite is open.
struct Range {
    double low = 0;
    double high = 0;
};

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
    /// Reaches to zero unless the numbers are positive and far from it: a reader takes a height for an amount.
    void include_zero_if_near();

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

/// A logarithmic axis over positive numbers: ticks at powers of ten, at 2 and 5 as well where there are few decades, in
/// even steps where there is less than one.
class LogAxis {
  public:
    /// The ends stay where they are: rounding them out to decades would leave most of a small chart empty.
    LogAxis(double low, double high, const base::Unit& unit);

    const std::vector<Tick>& ticks() const { return ticks_; }
    double place(double value) const;
    double low() const { return low_; }
    double high() const { return high_; }
    /// The unit without a prefix: each tick has its own.
    const std::string& unit() const { return unit_; }

  private:
    double low_ = 1;
    double high_ = 10;
    std::vector<Tick> ticks_;
    std::string unit_;
};

using Axis = std::variant<LinearAxis, LogAxis>;

/// Logarithmic if all values are positive and more than a decade apart, else linear. The intervals around the values
/// have their room on it; on a logarithmic axis at most a decade beyond the values, since an end may be near zero.
/// Percentages are linear always: 100% is their end, and they are compared by difference.
Axis axis_for(const std::vector<double>& values, const std::vector<Range>& intervals, const base::Unit& unit,
              int wanted);

const std::vector<Tick>& ticks(const Axis& axis);
const std::string& unit_of(const Axis& axis);
bool is_logarithmic(const Axis& axis);
/// 0 at the lower end, 1 at the upper; numbers beyond an end are at that end.
double place(const Axis& axis, double value);

/// An interval on an axis. An end that is open, or beyond the axis, is at the axis' end and has no cap.
struct PlacedRange {
    double low = 0;
    double high = 1;
    bool low_cap = true;
    bool high_cap = true;
};
/// Nothing for what is no interval, or one without width.
std::optional<PlacedRange> place(const Axis& axis, const Range& range);

}  // namespace ergon::report
