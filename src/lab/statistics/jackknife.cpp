#include "lab/statistics/jackknife.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/distributions.h"
#include "base/error.h"

namespace ergon::lab {
namespace {

// The term for tails that the prompts do not show: 25 s / n, 2 at most. Smaller numbers miss a thinker's long answers
// among few prompts, larger ones widen what is well-behaved.
constexpr double unseen_tail = 25;
constexpr double max_for_tail = 2;
// Prompts scatter by at least that: less is what rounding leaves of equal ones.
constexpr double least_scatter = 1e-9;
constexpr double widest_factor = 1000;

/// Even the whole range of n prompts leaves the truth out with a chance of 2 / 2^n (all above, or all below it).
double least_prompts(double confidence) {
    return std::ceil(1 - std::log2(1 - confidence));
}

double in_scale(Scale scale, double value) {
    return scale == Scale::ratio ? std::log(value) : value;
}

ConfidenceInterval estimate_of(double value, Scale scale, std::span<const double> left_out, double confidence) {
    if (!std::isfinite(in_scale(scale, value))) return without_interval(value, NoInterval::undefined);
    const Reach reach = jackknife_reach(left_out, confidence);
    if (reach.why != NoInterval::has_one) return without_interval(value, reach.why);
    if (scale == Scale::difference) return {value, value - reach.reach, value + reach.reach};
    return {value, value * std::exp(-reach.reach), value * std::exp(reach.reach)};
}

}  // namespace

std::vector<double> influences(std::span<const double> left_out) {
    const auto n = static_cast<double>(left_out.size());
    const double mean = std::accumulate(left_out.begin(), left_out.end(), 0.0) / n;
    std::vector<double> all;
    for (const double one : left_out) all.push_back((n - 1) * (mean - one));
    return all;
}

Reach jackknife_reach(std::span<const double> left_out, double confidence) {
    constexpr double unknown = std::numeric_limits<double>::infinity();
    const auto n = static_cast<double>(left_out.size());
    if (n < least_prompts(confidence)) return {unknown, unknown, NoInterval::few_prompts};
    double squares = 0;
    for (const double influence : influences(left_out)) squares += influence * influence;
    if (!std::isfinite(squares)) return {unknown, unknown, NoInterval::undefined};
    const double scatter = std::sqrt(squares / (n - 1)), error = scatter / std::sqrt(n);
    if (scatter < least_scatter) return {unknown, error, NoInterval::alike};
    const double reach =
        error * (base::student_reach(confidence, n - 1) + std::min(unseen_tail * scatter / n, max_for_tail));
    if (reach > std::log(widest_factor)) return {unknown, error, NoInterval::few_decide};
    return {reach, error, NoInterval::has_one};
}

std::vector<ConfidenceInterval> jackknife(const Rows& rows, std::span<const Scale> scales, const Statistics& statistics,
                                          double confidence) {
    if (rows.size() == 0) base::fail(base::ErrorCode::bad_argument, "An interval needs at least one prompt.");
    if (!(confidence > 0 && confidence < 1)) {
        base::fail(base::ErrorCode::bad_argument, "The confidence of an interval must be between 0 and 1, not {}.",
                   confidence);
    }
    std::vector<double> total(rows.columns()), sums(rows.columns()), values(scales.size()), one(scales.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += rows[row][i];
    }
    const double number = static_cast<double>(rows.size());
    statistics({total, number}, values);
    std::vector<std::vector<double>> left_out(scales.size(), std::vector<double>(rows.size()));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t i = 0; i < total.size(); ++i) sums[i] = total[i] - rows[row][i];
        statistics({sums, number - 1}, one);
        for (std::size_t i = 0; i < scales.size(); ++i) left_out[i][row] = in_scale(scales[i], one[i]);
    }
    std::vector<ConfidenceInterval> estimates;
    for (std::size_t i = 0; i < scales.size(); ++i) {
        estimates.push_back(estimate_of(values[i], scales[i], left_out[i], confidence));
    }
    return estimates;
}

}  // namespace ergon::lab
