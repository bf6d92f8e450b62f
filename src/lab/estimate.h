#pragma once
// A number that prompts were drawn for, and how sure it is.

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace ergon::lab {

/// Why an estimate has no interval.
enum class NoInterval {
    has_one,
    few_prompts,  // fewer than any 95% interval can be made of
    alike,        // all prompts say the same: nothing tells how far another might be from them
    few_decide,   // the prompts scatter so far that the interval is wider than a factor of 1,000 either way
    undefined,    // the statistic, or what it is without one of the prompts, is no number
};

/// An estimate with its 95% interval. Ends that nothing is known about are infinite.
struct Estimate {
    double value = 0;
    double low = 0;
    double high = 0;
    NoInterval why = NoInterval::has_one;
    bool operator==(const Estimate&) const = default;
};

/// A value alone.
inline Estimate without_interval(double value, NoInterval why) {
    return {value, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), why};
}

/// In words, such as "too few prompts (5) for an interval"; empty where there is an interval.
std::string no_interval_text(NoInterval why, std::int64_t prompts);

/// Whether both ends are.
inline bool known(const Estimate& estimate) {
    return std::isfinite(estimate.value) && std::isfinite(estimate.low) && std::isfinite(estimate.high);
}

/// Whether a ratio's interval leaves 1 out.
inline bool excludes_one(const Estimate& ratio) {
    return known(ratio) && (ratio.low > 1 || ratio.high < 1);
}

}  // namespace ergon::lab
