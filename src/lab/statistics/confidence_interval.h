#pragma once
// A number that prompts were drawn for, how sure it is, and where its interval comes from.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace ergon::lab {

/// What a figure or a ratio is uncertain by (the uncertainty budget of the Guide to the Expression of Uncertainty in
/// Measurement, JCGM 100:2008).
enum class Uncertainty : std::uint8_t {
    prompts,       // others of the same kind would have given other answers
    sessions,      // models loaded anew, threads and order made anew
    counter,       // its step at the ends of every phase
    splitting,     // of a counter's joules among what ran
    machine,       // the estimate's coefficients, which all contenders share
    kind_of_work,  // watts of a busy thread, which differ with what it does
    assumption,    // what was assumed of a server elsewhere
};
inline constexpr std::size_t uncertainty_count = 7;
inline constexpr std::array<std::string_view, uncertainty_count> uncertainty_names{
    "prompts", "sessions", "counter", "splitting", "machine model", "kind of work", "assumption"};

/// Why an estimate has no interval.
enum class NoInterval : std::uint8_t {
    has_one,
    few_prompts,  // fewer than any 95% interval can be made of
    alike,        // all prompts say the same: nothing tells how far another might be from them
    few_decide,   // the prompts scatter so far that the interval is wider than a factor of 1,000 either way
    undefined,    // the statistic, or what it is without one of the prompts, is no number
};

/// An estimate with its 95% interval. Ends that nothing is known about are infinite.
struct ConfidenceInterval {
    double value = 0;
    double low = 0;
    double high = 0;
    NoInterval why = NoInterval::has_one;
    /// The share that each source has in the variance; all zero where there is no interval, or one of no width.
    std::array<double, uncertainty_count> shares{};
    bool operator==(const ConfidenceInterval&) const = default;
};

/// A value alone.
inline ConfidenceInterval without_interval(double value, NoInterval why) {
    return {value, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), why, {}};
}

/// In words, such as "too few prompts (5) for an interval"; empty where there is an interval.
std::string no_interval_text(NoInterval why, std::int64_t prompts);

/// Whether both ends are.
inline bool known(const ConfidenceInterval& estimate) {
    return std::isfinite(estimate.value) && std::isfinite(estimate.low) && std::isfinite(estimate.high);
}

/// Whether a ratio's interval leaves 1 out.
inline bool excludes_one(const ConfidenceInterval& ratio) {
    return known(ratio) && (ratio.low > 1 || ratio.high < 1);
}

}  // namespace ergon::lab
