#pragma once
// What the tests of coverage share: how many experiments, what counts as enough, random numbers.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sanitized.h"
#include "lab/statistics/confidence_interval.h"

namespace ergon::lab {

/// `make tests-intervals` sets ERGON_EXPERIMENTS; under sanitizers few run, to look for faults.
inline std::uint64_t experiments_of(std::uint64_t usual) {
    const char* const given = std::getenv("ERGON_EXPERIMENTS");
    const std::uint64_t number = given == nullptr ? 0 : std::strtoull(given, nullptr, 10);
    if (number > 0) return number;
    return test::sanitized ? 20 : usual;
}

/// Independent draws of one experiment: a function of what they are for and of the prompt.
struct Draws {
    std::uint64_t experiment;
    double uniform(std::uint64_t what, std::uint64_t prompt) const {
        return base::random_uniform(experiment, what, prompt);
    }
    /// Standard normal (Box and Muller).
    double normal(std::uint64_t what, std::uint64_t prompt) const {
        const double radius = std::sqrt(-2 * std::log(1 - uniform(2 * what + 100, prompt)));
        return radius * std::cos(2 * std::acos(-1.0) * uniform(2 * what + 101, prompt));
    }
};

/// How often an interval was given, and held the truth; how wide they were.
struct Coverage {
    double given = 0;
    double held = 0;
    std::vector<double> widths;  // high / low

    void count(const ConfidenceInterval& estimate, double truth) {
        if (std::isinf(estimate.low) && std::isinf(estimate.high)) return;
        ++given;
        held += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
        widths.push_back(estimate.high / estimate.low);
    }
    /// 93% of those given; two standard deviations of what scatters at that coverage are left to chance.
    bool enough() const { return held >= 0.93 * given - 2 * std::sqrt(0.93 * 0.07 * given); }
    /// Beside the test's result: also half the median width, as the factor either way that it is for a ratio.
    void record(const std::string& name) {
        std::ranges::sort(widths);
        const double median = widths.empty() ? 0 : std::sqrt(widths[widths.size() / 2]);
        ::testing::Test::RecordProperty(name + " factor", std::to_string(median));
        ::testing::Test::RecordProperty(name + " given", std::to_string(given));
        ::testing::Test::RecordProperty(name + " held", std::to_string(held / std::max(given, 1.0)));
    }
};

}  // namespace ergon::lab
