#include "lab/joules_per_right.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "lab/jackknife.h"
#include "lab/significance.h"

namespace ergon::lab {
namespace {

void check_costs(const GradedCosts& costs, std::size_t prompts) {
    if (!costs.joules.empty() && costs.joules.size() == prompts && costs.right.size() == prompts) return;
    base::fail(base::ErrorCode::bad_argument,
               "Joules of {} prompts and grades of {} were given where {} of each are needed, and at least one.",
               costs.joules.size(), costs.right.size(), prompts);
}

double sum_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

/// The log of the sum without each of the values.
std::vector<double> log_sums_left_out(std::span<const double> values) {
    const double total = sum_of(values);
    std::vector<double> all;
    for (const double value : values) all.push_back(std::log(total - value));
    return all;
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

/// A share with its reaches in logarithms, infinite below where nobody was right.
struct Share {
    double value, below, above;
    Share(std::span<const double> right, double confidence) {
        const Estimate exact = clopper_pearson(sum_of(right), static_cast<double>(right.size()), confidence);
        value = exact.value;
        below = std::log(exact.value / exact.low);
        above = std::log(exact.high / exact.value);
    }
};

/// The reach of a difference of two logarithms with these reaches.
double reach_of_difference(double first, double second, double correlation) {
    return std::sqrt(first * first + second * second - 2 * correlation * first * second);
}

}  // namespace

Estimate joules_per_right(const GradedCosts& costs, double confidence) {
    check_costs(costs, costs.joules.size());
    constexpr double unbounded = std::numeric_limits<double>::infinity();
    const auto n = static_cast<double>(costs.joules.size());
    const double mean = sum_of(costs.joules) / n, right = sum_of(costs.right);
    const Reach joules = jackknife_reach(log_sums_left_out(costs.joules), confidence);
    if (joules.why != NoInterval::has_one) return without_interval(right > 0 ? n * mean / right : unbounded, joules.why);
    if (!(right > 0)) {
        return {unbounded, mean * std::exp(-joules.reach) / clopper_pearson(0, n, confidence).high, unbounded};
    }
    const Share share(costs.right, confidence);
    const double correlation = negative_correlation(costs.joules, costs.right);
    const double value = mean / share.value;
    return {value, value * std::exp(-reach_of_difference(joules.reach, share.above, correlation)),
            value * std::exp(reach_of_difference(joules.reach, share.below, correlation))};
}

Estimate joules_per_right_ratio(const GradedCosts& a, const GradedCosts& b, double confidence) {
    check_costs(a, a.joules.size());
    check_costs(b, a.joules.size());
    constexpr double unbounded = std::numeric_limits<double>::infinity();
    const double right_a = sum_of(a.right), right_b = sum_of(b.right);
    if (!(right_a > 0) && !(right_b > 0)) {
        return without_interval(std::numeric_limits<double>::quiet_NaN(), NoInterval::undefined);
    }
    const double of_joules = sum_of(b.joules) / sum_of(a.joules);
    const std::vector<double> of_a = log_sums_left_out(a.joules), of_b = log_sums_left_out(b.joules);
    std::vector<double> left_out;
    for (std::size_t i = 0; i < of_a.size(); ++i) left_out.push_back(of_b[i] - of_a[i]);
    const Reach joules = jackknife_reach(left_out, confidence);
    const double value = right_b > 0 ? of_joules * right_a / right_b : unbounded;
    if (joules.why != NoInterval::has_one) return without_interval(value, joules.why);
    const auto n = static_cast<double>(a.joules.size());
    if (!(right_b > 0)) {
        const double least = clopper_pearson(right_a, n, confidence).low / clopper_pearson(0, n, confidence).high;
        return {value, of_joules * std::exp(-joules.reach) * least, unbounded};
    }
    if (!(right_a > 0)) {
        const double most = clopper_pearson(0, n, confidence).high / clopper_pearson(right_b, n, confidence).low;
        return {0, 0, of_joules * std::exp(joules.reach) * most};
    }
    const Share share_a(a.right, confidence), share_b(b.right, confidence);
    std::vector<double> on_shares;
    for (std::size_t i = 0; i < b.right.size(); ++i) {
        on_shares.push_back(b.right[i] / share_b.value - a.right[i] / share_a.value);
    }
    const double correlation = negative_correlation(influences(left_out), on_shares);
    const double above = reach_of_difference(share_a.above, share_b.below, 0);
    const double below = reach_of_difference(share_a.below, share_b.above, 0);
    return {value, value * std::exp(-reach_of_difference(joules.reach, below, correlation)),
            value * std::exp(reach_of_difference(joules.reach, above, correlation))};
}

}  // namespace ergon::lab
