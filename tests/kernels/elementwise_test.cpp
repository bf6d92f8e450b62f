// Kernels on rows: every build alike with ==, and close to double arithmetic.

#include "kernels/elementwise.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "kernels/random_data.h"
#include "kernels/rotary.h"

namespace ergon::kernels {
namespace {

using test::first_difference;

/// Runs `body(values)` under every build on random rows of many lengths; expects equal bits.
template <typename Body>
void expect_alike(const Body& body) {
    base::RandomSequence random(21);
    for (std::int64_t n = 1; n < 200; n += n < 40 ? 1 : 13) {
        const std::vector<float> x = test::normals(static_cast<std::size_t>(n), random, 4);
        const auto results = test::under_every_build([&] { return body(x); });
        for (std::size_t i = 1; i < results.size(); ++i) {
            ASSERT_EQ(first_difference(results[i], results[0]), -1) << name(available_isas()[i]) << ", n = " << n;
        }
    }
}

TEST(Rows, EveryBuildHasTheSameBits) {
    expect_alike([](std::vector<float> x) {
        softmax(x.data(), static_cast<std::int64_t>(x.size()));
        return x;
    });
    expect_alike([](std::vector<float> x) {
        sigmoid(x.data(), static_cast<std::int64_t>(x.size()));
        return x;
    });
    expect_alike([](std::vector<float> x) {
        const std::vector<float> w(x.rbegin(), x.rend());
        rms_norm(x.data(), w.data(), 1e-6f, static_cast<std::int64_t>(x.size()), x.data());
        return x;
    });
    expect_alike([](std::vector<float> x) {
        const std::vector<float> up(x.rbegin(), x.rend());
        swiglu(x.data(), up.data(), static_cast<std::int64_t>(x.size()), x.data());
        return x;
    });
    expect_alike([](std::vector<float> x) {
        const std::vector<float> y(x.rbegin(), x.rend());
        add(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
        add_scaled(x.data(), y.data(), 0.37f, static_cast<std::int64_t>(x.size()));
        return x;
    });
    expect_alike([](std::vector<float> x) {
        std::vector<std::uint16_t> half(x.size());
        x[0] = 1e6f;
        to_f16(x.data(), static_cast<std::int64_t>(x.size()), half.data());
        return std::vector<float>(half.begin(), half.end());
    });
}

TEST(Rows, ExponentialsAreAccurate) {
    // One FMA chain of degree 6 and the reduction: 2 units in the last place of F32.
    for (float x = -87.0f; x < 88.0f; x += 0.0137f) {
        float pair[2] = {x, 0.0f};
        softmax(pair, 2);
        const double e = std::exp(static_cast<double>(x)), expected = e / (1 + e);
        ASSERT_NEAR(pair[0] / expected, 1.0, 6 * 0x1p-24) << x;  // exp, sum and division round
        float s = x;
        sigmoid(&s, 1);
        ASSERT_NEAR(s / expected, 1.0, 6 * 0x1p-24) << x;
    }
}

TEST(Rows, ExponentialEdges) {
    float x[4] = {0.0f, -std::numeric_limits<float>::infinity(), -200.0f, 0.0f};
    softmax(x, 4);
    EXPECT_EQ(x[0], 0.5f);
    EXPECT_EQ(x[1], 0.0f);
    EXPECT_EQ(x[2], 0.0f);
    float s[2] = {-1000.0f, 1000.0f};
    sigmoid(s, 2);
    EXPECT_NEAR(s[0], 0.0f, 1e-37f);
    EXPECT_EQ(s[1], 1.0f);
    const auto results = test::under_every_build([] {
        std::vector<float> nan{1.0f, std::numeric_limits<float>::quiet_NaN()};
        sigmoid(nan.data(), 2);
        return nan;
    });
    for (const auto& r : results) EXPECT_TRUE(std::isnan(r[1])) << "NaN must show, not vanish";
}

TEST(Rows, RmsNormIsTheFormula) {
    base::RandomSequence random(22);
    const std::int64_t n = 1000;
    const std::vector<float> x = test::normals(n, random, 3), w = test::normals(n, random);
    std::vector<float> y(n);
    rms_norm(x.data(), w.data(), 1e-5f, n, y.data());
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double expected = static_cast<double>(w[i]) * static_cast<double>(x[i]) / std::sqrt(squares / n + 1e-5);
        EXPECT_NEAR(y[i], expected, std::fabs(expected) * (n / 16.0 + 8) * 0x1p-24);
    }
}

TEST(Rows, RotaryAnglesAreThoseOfTheLibrary) {
    std::vector<double> frequencies;
    for (int i = 0; i < 32; ++i) frequencies.push_back(power(10000.0, -2.0 * i / 64));
    for (std::size_t i = 0; i < 32; ++i)
        EXPECT_NEAR(frequencies[i] / std::pow(10000.0, -2.0 * static_cast<double>(i) / 64), 1.0, 1e-13);
    float c[32], s[32];
    for (const std::int64_t position : {0L, 1L, 2L, 3L, 1000L, 65537L, 999999L}) {
        rotary_angles(position, frequencies.data(), 32, c, s);
        for (std::size_t i = 0; i < 32; ++i) {
            const double angle = static_cast<double>(position) * frequencies[i];
            EXPECT_NEAR(c[i], std::cos(angle), 0x1p-24) << position << " " << i;
            EXPECT_NEAR(s[i], std::sin(angle), 0x1p-24) << position << " " << i;
        }
    }
}

TEST(Rows, BothPairingsRotate) {
    const float c[2] = {0.6f, 1.0f}, s[2] = {0.8f, 0.0f};
    float halves[4] = {1, 2, 3, 4}, neighbours[4] = {1, 2, 3, 4};
    rotate(halves, c, s, 4, Pairing::halves);
    EXPECT_FLOAT_EQ(halves[0], 1 * 0.6f - 3 * 0.8f);
    EXPECT_FLOAT_EQ(halves[2], 3 * 0.6f + 1 * 0.8f);
    EXPECT_EQ(halves[1], 2);
    rotate(neighbours, c, s, 4, Pairing::neighbours);
    EXPECT_FLOAT_EQ(neighbours[0], 1 * 0.6f - 2 * 0.8f);
    EXPECT_FLOAT_EQ(neighbours[1], 2 * 0.6f + 1 * 0.8f);
    EXPECT_EQ(neighbours[3], 4);
}

TEST(Rows, LogSumExpIsCloseToDouble) {
    base::RandomSequence random(8);
    for (const std::size_t n : {1, 15, 255, 256, 257, 5000}) {
        const std::vector<float> x = test::normals(n, random, 5);
        const auto results =
            test::under_every_build([&] { return log_sum_exp(x.data(), static_cast<std::int64_t>(n)); });
        double sum = 0;
        for (const float one : x) sum += std::exp(static_cast<double>(one));
        for (const double found : results) {
            EXPECT_EQ(found, results.front()) << n;
            EXPECT_NEAR(found, std::log(sum), 1e-13) << n;
        }
    }
}

TEST(Rows, ArgmaxIsThatOfAPlainLoop) {
    base::RandomSequence random(11);
    constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    for (int turn = 0; turn < 2000; ++turn) {
        std::vector<float> x(1 + random.below(200));
        const std::uint64_t values = 1 + random.below(6);  // few of them: ties
        for (float& one : x) {
            one = static_cast<float>(random.below(values)) - 2;
            if (random.below(8) == 0) one = turn % 3 == 0 ? nan : turn % 3 == 1 ? -infinity : -0.0f;
        }
        const auto n = std::ssize(x);
        std::int64_t best = 0;
        for (std::int64_t i = 1; i < n; ++i) {
            const float now = x[static_cast<std::size_t>(i)], before = x[static_cast<std::size_t>(best)];
            if (now > before || std::isnan(before)) best = i;
        }
        EXPECT_EQ(argmax(x.data(), n), best);
    }
}

TEST(Rows, LogSumExpAndArgmax) {
    const float x[5] = {1, 3, 3, -2, 0};
    EXPECT_NEAR(log_sum_exp(x, 5), std::log(std::exp(1.0) + 2 * std::exp(3.0) + std::exp(-2.0) + 1), 1e-14);
    const float spoilt[] = {0, std::numeric_limits<float>::quiet_NaN()};
    EXPECT_TRUE(std::isnan(log_sum_exp(spoilt, 2)));
    EXPECT_EQ(argmax(x, 5), 1);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float y[4] = {nan, 1, nan, 2};
    EXPECT_EQ(argmax(y, 4), 3);
}

}  // namespace
}  // namespace ergon::kernels
