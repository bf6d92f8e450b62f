#include "lab/statistics/joules_per_right.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "lab/statistics/jackknife.h"
#include "lab/statistics/significance.h"

namespace ergon::lab {
namespace {

double sum_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

/// The number of prompts, the same for all.
std::size_t prompts_of(std::span<const GradedCosts> contenders, std::span<const double> weights) {
    const std::size_t prompts = contenders.empty() ? 0 : contenders.front().joules.size();
    const auto whole = [&](const GradedCosts& costs) {
        return costs.joules.size() == prompts && costs.right.size() == prompts;
    };
    if (prompts == 0 || contenders.size() != weights.size() || !std::ranges::all_of(contenders, whole)) {
        base::fail(base::ErrorCode::bad_argument,
                   "Joules per right answer need joules and grades of the same prompts, one at least, and a weight for "
                   "each contender.");
    }
    return prompts;
}

/// Pearson's, where it is below 0; 0 where a side does not vary.
double negative_correlation(std::span<const double> x, std::span<const double> y) {
    const auto n = static_cast<double>(x.size());
    const double mean_x = sum_of(x) / n, mean_y = sum_of(y) / n;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? std::min(0.0, xy / std::sqrt(xx * yy)) : 0;
}

/// The contrast of the shares right, its sign turned (joules are divided by them): logarithms of its value and ends if
/// all were uncertain in the same sense, and its reaches if they are independent.
struct Shares {
    double value = 0, lowest = 0, highest = 0;
    double below = 0, above = 0;
    std::vector<double> influences;  // of the prompts, as those of the joules are

    void add(std::span<const double> right, double weight, double confidence) {
        const ConfidenceInterval share = clopper_pearson(sum_of(right), static_cast<double>(right.size()), confidence);
        const double at = std::log(share.value), low = std::log(share.low), high = std::log(share.high);
        value -= weight * at;
        lowest -= weight * (weight > 0 ? high : low);
        highest -= weight * (weight > 0 ? low : high);
        below = std::hypot(below, weight * (weight > 0 ? high - at : at - low));
        above = std::hypot(above, weight * (weight > 0 ? at - low : high - at));
        for (std::size_t i = 0; i < right.size(); ++i) influences[i] += weight * right[i] / share.value;
    }
};

/// The reach of a difference of two logarithms with these reaches.
double reach_of_difference(double first, double second, double correlation) {
    return std::sqrt(first * first + second * second - 2 * correlation * first * second);
}

}  // namespace

ConfidenceInterval joules_per_right_contrast(std::span<const GradedCosts> contenders, std::span<const double> weights,
                                             double confidence) {
    const std::size_t prompts = prompts_of(contenders, weights);
    double of_joules = 0;
    std::vector<double> left_out(prompts);
    Shares shares;
    shares.influences.resize(prompts);
    for (std::size_t c = 0; c < contenders.size(); ++c) {
        if (weights[c] == 0) continue;
        const double total = sum_of(contenders[c].joules);
        of_joules += weights[c] * std::log(total / static_cast<double>(prompts));
        for (std::size_t i = 0; i < prompts; ++i) left_out[i] += weights[c] * std::log(total - contenders[c].joules[i]);
        shares.add(contenders[c].right, weights[c], confidence);
    }
    const double value = of_joules + shares.value;
    if (std::isnan(value)) return without_interval(value, NoInterval::undefined);
    const Reach joules = jackknife_reach(left_out, confidence);
    if (joules.why != NoInterval::has_one) return without_interval(std::exp(value), joules.why);
    if (std::isinf(value)) {
        return {std::exp(value), std::exp(of_joules + shares.lowest - joules.reach),
                std::exp(of_joules + shares.highest + joules.reach)};
    }
    const double correlation = negative_correlation(influences(left_out), shares.influences);
    return {std::exp(value), std::exp(value - reach_of_difference(joules.reach, shares.below, correlation)),
            std::exp(value + reach_of_difference(joules.reach, shares.above, correlation))};
}

ConfidenceInterval joules_per_right(const GradedCosts& costs, double confidence) {
    return joules_per_right_contrast({&costs, 1}, std::array{1.0}, confidence);
}

}  // namespace ergon::lab
