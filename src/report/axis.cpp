#include "report/axis.h"

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

}  // namespace

bool drawable(double value) {
    return std::isfinite(value) && std::abs(value) <= 1e100;
}

void Extent::include(double value) {
    if (!drawable(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
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

LogAxis::LogAxis(double low, double high, const base::Unit& unit) : low_(low), high_(std::max(high, low * 1.01)) {
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
            const std::string number = base::significant(value / scale.factor, 1);
            ticks_.push_back({value, scale.prefix.empty() ? number : fmt::format("{} {}", number, scale.prefix)});
        }
    }
}

double LogAxis::place(double value) const {
    return std::log(value / low_) / std::log(high_ / low_);
}

}  // namespace ergon::report
