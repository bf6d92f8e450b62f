#include "kernels/rotary.h"

#include <cmath>

#include "kernels/builds/table.h"

namespace ergon::kernels {
namespace {

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

void rotate(float* x, const float* cosines, const float* sines, std::int64_t n, Pairing pairing) {
    table().rotate(x, cosines, sines, n, pairing);
}

// By plain arithmetic, as in double_math.cpp: the same bits on every processor and with every C library.
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
