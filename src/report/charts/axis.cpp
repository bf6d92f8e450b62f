#include "report/charts/axis.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ergon::report {
namespace {

// An extent narrower than this part of its numbers has no room for ticks that differ (derived: doubles keep 15 digits,
// a step is at least a tenth of the extent).
constexpr double narrowest = 1e-9;

/// The smallest of 1, 2, 5 times a power of ten that is not below `raw`.
double nice_step(double raw) {
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= raw * (1 - narrowest)) return factor * power;
    }
    return 10 * power;
}

std::string with_prefix(const std::string& number, const base::Scale& scale) {
    return scale.prefix.empty() ? number : fmt::format("{} {}", number, scale.prefix);
}

}  // namespace

bool drawable(double value) {
    return std::isfinite(value) && std::abs(value) <= 1e100;
}

bool drawable_positive(double value) {
    return drawable(value) && value >= 1e-100;
}

void Extent::include(double value) {
    if (!drawable(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
}

void Extent::include_zero_if_near() {
    if (low_ > 0 && low_ < 0.7 * high_) low_ = 0;
}

LinearAxis::LinearAxis(const Extent& extent, const base::Unit& unit, int wanted) {
    double low = extent.empty() ? 0 : extent.low();
    double high = extent.empty() ? 1 : extent.high();
    const double size = std::max(std::abs(low), std::abs(high));
    if (size < 1e-100) {
        low = 0;
        high = 1;
    } else if (high - low <= narrowest * size) {
        low -= size / 2;
        high += size / 2;
    }
    const double step = nice_step((high - low) / wanted);
    const double first = std::floor(low / step + narrowest);
    const double last = std::ceil(high / step - narrowest);
    low_ = first * step;
    high_ = last * step;

    const base::Scale scale = base::scale_for(std::max(std::abs(low_), std::abs(high_)), unit);
    const double scaled_step = step / scale.factor;
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(scaled_step) + narrowest)));
    for (double i = first; i <= last; i += 1) {
        const double value = i * step;
        const bool plain = decimals <= 6 && std::abs(value / scale.factor) < 1e7;
        ticks_.push_back(
            {value, plain ? base::fixed(value / scale.factor, decimals) : base::significant(value / scale.factor)});
    }
    unit_ = fmt::format("{}{}", scale.prefix, unit.symbol);
}

LogAxis::LogAxis(double low, double high, const base::Unit& unit)
    : low_(low), high_(std::max(high, low * 1.01)), unit_(unit.symbol) {
    const int first = static_cast<int>(std::floor(std::log10(low_)));
    const int last = static_cast<int>(std::ceil(std::log10(high_)));
    const bool few = last - first <= 3;
    // At most about eight labels: every so many decades.
    const int every = 1 + (last - first) / 8;
    for (int decade = first; decade <= last; ++decade) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = factor * std::pow(10.0, decade);
            if (value < low_ || value > high_ || (factor != 1 && !few) || decade % every != 0) continue;
            const base::Scale scale = base::scale_for(value, unit, 1);
            ticks_.push_back({value, with_prefix(base::significant(value / scale.factor, 1), scale)});
        }
    }
    if (ticks_.size() > 2) return;
    ticks_.clear();
    Extent ends;
    ends.include(low_);
    ends.include(high_);
    const LinearAxis even(ends, unit, 6);
    const base::Scale scale = base::scale_for(std::abs(even.high()), unit);
    for (const Tick& tick : even.ticks()) {
        if (tick.value >= low_ && tick.value <= high_) ticks_.push_back({tick.value, with_prefix(tick.label, scale)});
    }
}

double LogAxis::place(double value) const {
    return std::log(value / low_) / std::log(high_ / low_);
}

Axis axis_for(const std::vector<double>& values, const std::vector<Range>& intervals, const base::Unit& unit,
              int wanted) {
    constexpr double decade = 10;
    Extent extent;
    for (const double value : values) extent.include(value);
    const bool positive = !extent.empty() && drawable_positive(extent.low());
    if (positive && unit.symbol != "%" && extent.high() > decade * extent.low()) {
        Extent wide = extent;
        for (const Range& range : intervals) {
            for (const double end : {range.low, range.high}) {
                if (!std::isnan(end)) wide.include(std::clamp(end, extent.low() / decade, extent.high() * decade));
            }
        }
        // Room for half a mark at either end (assumed).
        const double air = std::pow(wide.high() / wide.low(), 0.03);
        return LogAxis(wide.low() / air, wide.high() * air, unit);
    }
    for (const Range& range : intervals) {
        extent.include(range.low);
        extent.include(range.high);
    }
    extent.include_zero_if_near();
    return LinearAxis(extent, unit, wanted);
}

const std::vector<Tick>& ticks(const Axis& axis) {
    return std::visit([](const auto& a) -> const std::vector<Tick>& { return a.ticks(); }, axis);
}

const std::string& unit_of(const Axis& axis) {
    return std::visit([](const auto& a) -> const std::string& { return a.unit(); }, axis);
}

bool is_logarithmic(const Axis& axis) {
    return std::holds_alternative<LogAxis>(axis);
}

double place(const Axis& axis, double value) {
    const auto within = [&](const auto& a) { return a.place(std::clamp(value, a.low(), a.high())); };
    return std::clamp(std::visit(within, axis), 0.0, 1.0);
}

std::optional<PlacedRange> place(const Axis& axis, const Range& range) {
    if (std::isnan(range.low) || std::isnan(range.high) || !(range.low < range.high)) return std::nullopt;
    const auto on_axis = [&](double end) {
        return std::visit([&](const auto& a) { return end >= a.low() && end <= a.high(); }, axis);
    };
    return PlacedRange{place(axis, range.low), place(axis, range.high), on_axis(range.low), on_axis(range.high)};
}

}  // namespace ergon::report
