// Elementary functions in double by plain arithmetic: the same bits on every processor and with every C library. Errors
// are below 1e-15 relative (power: 1e-13), far below the F32 that results are rounded to.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/builds/table.h"
#include "kernels/elementwise.h"

namespace ergon::kernels {
namespace {

#include "kernels/generic/exponential.h"

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
    const float largest = x[argmax(x, n)];
    return static_cast<double>(largest) + logarithm(table().sum_of_exponentials(x, n, largest));
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
