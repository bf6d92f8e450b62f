// e^x in double by plain arithmetic. For the kernels' builds and for double_math.cpp, each in a namespace of its own.

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

/// Sum of e^(x - largest) over n values: log_sum_exp in elementwise.h.
inline double sum_of_exponentials(const float* x, std::int64_t n, float largest) {
    constexpr std::int64_t chains = 16;
    double sums[chains] = {};
    const auto add = [&](std::int64_t i, std::int64_t chain) {
        const double below = static_cast<double>(x[i]) - static_cast<double>(largest);
        sums[chain] += exponential_in_range(below < -700 ? -700 : below);  // 1e-304, which adds nothing to a sum of 1
    };
    std::int64_t i = 0;
    for (; i + chains <= n; i += chains) {
        for (std::int64_t chain = 0; chain < chains; ++chain) add(i + chain, chain);
    }
    for (std::int64_t chain = 0; i < n; ++i, ++chain) add(i, chain);
    double sum = 0;
    for (const double one : sums) sum += one;
    return sum;
}
