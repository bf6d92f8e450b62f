// Elementary functions in double by plain arithmetic: the same bits on every processor and with every C library. Errors
// are below 1e-15 relative (power: 1e-13), far below the F32 that results are rounded to.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/elementwise.h"

namespace ergon::kernels {
namespace {

constexpr double ln2_high = 6.93147180369123816490e-01;  // ln 2 in two parts, the first with 21 trailing zero bits
constexpr double ln2_low = 1.90821492927058770002e-10;

/// exp for |x| <= 700, in plain arithmetic that a compiler can do on several values at once: x = n ln2 + r with n
/// rounded by an addition that leaves it in the last bits, and Taylor's series up to r^13 / 13! (the rest is below
/// 1e-17).
inline double exponential_in_range(double x) {
    constexpr double rounder = 0x1.8p52;
    const double shifted = x * 1.4426950408889634 + rounder, n = shifted - rounder;
    const double r = (x - n * ln2_high) - n * ln2_low;
    double sum = 1.0 / 6227020800;
    sum = sum * r + 1.0 / 479001600;
    sum = sum * r + 1.0 / 39916800;
    sum = sum * r + 1.0 / 3628800;
    sum = sum * r + 1.0 / 362880;
    sum = sum * r + 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 0.5;
    sum = sum * r + 1;
    sum = sum * r + 1;
    // n is added to the exponent.
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(sum) + (std::bit_cast<std::uint64_t>(shifted) << 52));
}

/// ln by x = m 2^n with m in [sqrt(1/2), sqrt(2)) and ln m = 2 artanh((m - 1) / (m + 1)), 17 odd terms.
double logarithm(double x) {
    if (std::isnan(x)) return x;
    int n = 0;
    double m = std::frexp(x, &n);
    if (m < 0.70710678118654752) {
        m *= 2;
        --n;
    }
    const double z = (m - 1) / (m + 1), z2 = z * z;
    double sum = 0;
    for (int k = 33; k >= 1; k -= 2) sum = sum * z2 + 1.0 / k;
    return (2 * z * sum + n * ln2_low) + n * ln2_high;
}

/// sin and cos on [-pi/4, pi/4]: Taylor's series up to r^17 / 17!.
double sine(double r) {
    const double r2 = r * r;
    double sum = 1;
    for (int k = 16; k >= 2; k -= 2) sum = 1 - sum * r2 / (k * (k + 1));
    return r * sum;
}
double cosine(double r) {
    const double r2 = r * r;
    double sum = 1;
    for (int k = 17; k >= 1; k -= 2) sum = 1 - sum * r2 / (k * (k + 1));
    return sum;
}

}  // namespace

double exponential(double x) {
    if (std::isnan(x)) return x;
    if (x < -700) return 0;
    return exponential_in_range(std::min(x, 700.0));
}

double power(double base, double exponent) {
    return exponential(exponent * logarithm(base));
}

double log_sum_exp(const float* x, std::int64_t n) {
    constexpr std::int64_t lanes = 16;
    const float largest = x[argmax(x, n)];
    double sums[lanes] = {};
    const auto add = [&](std::int64_t i, std::int64_t lane) {
        const double below = static_cast<double>(x[i]) - static_cast<double>(largest);
        sums[lane] += exponential_in_range(below < -700 ? -700 : below);  // 1e-304, which adds nothing to a sum of 1
    };
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (std::int64_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
    }
    for (std::int64_t lane = 0; i < n; ++i, ++lane) add(i, lane);
    double sum = 0;
    for (const double one : sums) sum += one;
    return static_cast<double>(largest) + logarithm(sum);
}

void rotary_angles(std::int64_t position, const double* frequencies, std::int64_t n, float* cosines, float* sines) {
    // pi/2 in three parts (33 + 33 + 53 bits): quadrant * part is exact for quadrants below 2^20.
    constexpr double half_pi_1 = 1.57079632673412561417e+00, half_pi_2 = 6.07710050630396597660e-11,
                     half_pi_3 = 2.02226624879595063154e-21;
    for (std::int64_t i = 0; i < n; ++i) {
        const double angle = static_cast<double>(position) * frequencies[i];
        const double quadrant = std::nearbyint(angle * 0.63661977236758134308);
        const double r = ((angle - quadrant * half_pi_1) - quadrant * half_pi_2) - quadrant * half_pi_3;
        const double s = sine(r), c = cosine(r);
        switch (static_cast<std::int64_t>(quadrant) & 3) {
            case 0:
                sines[i] = static_cast<float>(s);
                cosines[i] = static_cast<float>(c);
                break;
            case 1:
                sines[i] = static_cast<float>(c);
                cosines[i] = static_cast<float>(-s);
                break;
            case 2:
                sines[i] = static_cast<float>(-s);
                cosines[i] = static_cast<float>(-c);
                break;
            default:
                sines[i] = static_cast<float>(-c);
                cosines[i] = static_cast<float>(s);
                break;
        }
    }
}

}  // namespace ergon::kernels
