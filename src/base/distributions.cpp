#include "base/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ergon::base {
namespace {

/// Where a rising function passes `probability`, to the last digit.
template <typename Distribution>
double bisect(double low, double high, double probability, const Distribution& distribution) {
    for (double middle = (low + high) / 2; middle != low && middle != high; middle = (low + high) / 2) {
        (distribution(middle) < probability ? low : high) = middle;
    }
    return high;
}

/// The numerators of the continued fraction of DLMF 8.17.22, from the first.
double numerator(int index, double x, double a, double b) {
    const double m = std::floor(index / 2.0);
    return index % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
}

/// 1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method (Thompson and Barnett 1986), for x below the distribution's middle.
double continued_fraction(double x, double a, double b) {
    constexpr int most = 100'000;  // about sqrt(max(a, b)) are needed
    constexpr double tiny = 1e-300;
    double value = 1, above = 1, below = 0;
    for (int index = 1; index <= most; ++index) {
        const double d = numerator(index, x, a, b);
        below = 1 + d * below;
        above = 1 + d / above;
        if (below == 0) below = tiny;
        if (above == 0) above = tiny;
        below = 1 / below;
        value *= above * below;
        if (std::abs(above * below - 1) < 1e-16) break;
    }
    return 1 / value;
}

/// x^a (1 - x)^b / (a B(a, b)) times its continued fraction; `rest` is 1 - x, which may be known better than x.
double beta_series(double x, double rest, double a, double b) {
    const double logarithm =
        std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(rest) - std::log(a);
    return std::exp(logarithm) * continued_fraction(x, a, b);
}

/// The probability of [-t, t] under Student's distribution.
double student_within(double t, double freedom) {
    const double square = t * t, x = square / (freedom + square), rest = freedom / (freedom + square);
    const bool lower_half = x < 1.5 / (0.5 + freedom / 2 + 2);
    return lower_half ? beta_series(x, rest, 0.5, freedom / 2) : 1 - beta_series(rest, x, freedom / 2, 0.5);
}

}  // namespace

double normal_distribution(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normal_quantile(double probability) {
    using Limits = std::numeric_limits<double>;
    if (!(probability > 0)) return probability == 0 ? -Limits::infinity() : Limits::quiet_NaN();
    if (!(probability < 1)) return probability == 1 ? Limits::infinity() : Limits::quiet_NaN();
    // The half in which the distribution function has its full relative precision.
    if (probability > 0.5) return -normal_quantile(1 - probability);
    constexpr double newton_range = 1e-290;  // below, exp(z^2 / 2) comes near the largest double
    if (probability < newton_range) return bisect(-39, 0, probability, normal_distribution);
    // Abramowitz and Stegun 26.2.23 is right to 4.5e-4; Halley's method triples the digits with each step.
    const double t = std::sqrt(-2 * std::log(probability));
    double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for (int step = 0; step < 3; ++step) {
        constexpr double sqrt_2_pi = 2.50662827463100050242;
        const double newton = (normal_distribution(z) - probability) * sqrt_2_pi * std::exp(z * z / 2);
        z -= newton / (1 + z * newton / 2);
    }
    return z;
}

double quantile(std::span<const double> sorted, double probability) {
    const double position = std::clamp(probability, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const std::size_t below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

double beta_distribution(double x, double a, double b) {
    if (!(x > 0)) return 0;
    if (!(x < 1)) return 1;
    return x < (a + 1) / (a + b + 2) ? beta_series(x, 1 - x, a, b) : 1 - beta_series(1 - x, x, b, a);
}

double beta_quantile(double probability, double a, double b) {
    return bisect(0, 1, probability, [&](double x) { return beta_distribution(x, a, b); });
}

double student_reach(double probability, double freedom) {
    return bisect(0, 1e9, probability, [&](double t) { return student_within(t, freedom); });
}

}  // namespace ergon::base
