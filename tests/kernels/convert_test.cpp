// BF16 and E4M3: every build gives the nearest value, ties to the even one.

#include "kernels/convert.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/random_data.h"

namespace ergon::kernels {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// Values of all magnitudes that matter, and those halfway between two codes and beside it.
std::vector<float> values() {
    std::vector<float> all{0.0f, -0.0f, 448, 464, -464, 465, 1e9f, 1e-30f, -1e-40f, infinity, -infinity, nan, -nan};
    for (int code = 0; code < 0x7E; ++code) {
        const float a = tensor::f8_e4m3_to_f32(static_cast<std::uint8_t>(code));
        const float b = tensor::f8_e4m3_to_f32(static_cast<std::uint8_t>(code + 1));
        const float middle = (a + b) / 2;
        for (const float x : {a, middle, std::nextafter(middle, a), std::nextafter(middle, b)}) {
            all.push_back(x);
            all.push_back(-x);
        }
    }
    base::RandomSequence random(11);
    for (int i = 0; i < 2000; ++i) {
        all.push_back(std::ldexp(test::normal(random), static_cast<int>(random.below(40)) - 30));
    }
    return all;
}

/// The code with the nearest value, by looking at all of them; on a tie the even one, beyond the largest that one.
std::uint8_t nearest_e4m3(float x) {
    if (std::isnan(x)) return static_cast<std::uint8_t>(std::signbit(x) ? 0xFF : 0x7F);
    std::uint8_t best = 0;
    double distance = std::numeric_limits<double>::infinity();
    const double magnitude = std::min(std::abs(static_cast<double>(x)), 448.0);
    for (std::uint8_t code = 0; code < 0x7F; ++code) {
        const double d = std::abs(static_cast<double>(tensor::f8_e4m3_to_f32(code)) - magnitude);
        if (d < distance || (d == distance && code % 2 == 0)) {
            best = code;
            distance = d;
        }
    }
    return static_cast<std::uint8_t>(best | (std::signbit(x) ? 0x80 : 0));
}

TEST(Narrow, E4m3IsTheNearestValue) {
    const std::vector<float> x = values();
    const auto n = std::ssize(x);
    for (const float scale : {1.0f, 0.37f}) {
        std::vector<std::uint8_t> expected;
        for (const float v : x) {
            expected.push_back(nearest_e4m3(v / scale));
            ASSERT_EQ(tensor::f32_to_f8_e4m3(v / scale), expected.back()) << v;
        }
        const auto results = test::under_every_build([&] {
            std::vector<std::uint8_t> y(x.size()), each(x.size());
            to_f8(x.data(), scale, n, y.data());
            to_f8_each(x.data(), std::vector<float>(x.size(), scale).data(), n, each.data());
            EXPECT_EQ(y, each);
            return y;
        });
        for (const auto& result : results) EXPECT_EQ(result, expected);
    }
}

TEST(Narrow, E4m3IsWidenedExactly) {
    std::vector<std::uint8_t> codes;
    std::vector<float> expected;
    for (int code = 0; code < 256; ++code) {
        if ((code & 0x7F) == 0x7F) continue;
        codes.push_back(static_cast<std::uint8_t>(code));
        expected.push_back(tensor::f8_e4m3_to_f32(codes.back()) * 0.3f);
    }
    const auto results = test::under_every_build([&] {
        std::vector<float> y(codes.size());
        from_f8(codes.data(), 0.3f, std::ssize(codes), y.data());
        return y;
    });
    for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST(Narrow, Bf16IsTheNearestValue) {
    std::vector<float> x = values();
    x.insert(x.end(), {3.4e38f, -3.4e38f, 0x1.01p0f, 0x1.03p0f, 0x1.010002p0f, std::bit_cast<float>(0x7FFFFFFFu)});
    const auto results = test::under_every_build([&] {
        std::vector<std::uint16_t> y(x.size());
        std::vector<float> wide(x.size());
        to_bf16(x.data(), std::ssize(x), y.data());
        from_bf16(y.data(), std::ssize(x), wide.data());
        return wide;
    });
    for (const std::vector<float>& wide : results) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float expected = tensor::bf16_to_f32(tensor::f32_to_bf16(x[i]));
            ASSERT_TRUE(wide[i] == expected || (std::isnan(wide[i]) && std::isnan(x[i]))) << x[i];
            // Half a unit in the last of 8 bits; below 2^-126 the unit stays 2^-133.
            if (std::abs(x[i]) < 3.39e38f) {
                ASSERT_LE(std::abs(wide[i] - x[i]), std::max(std::abs(x[i]) * 0x1p-8f, 0x1p-134f));
            }
        }
    }
}

TEST(Narrow, MagnitudesAndScales) {
    for (const std::size_t n : {1u, 7u, 16u, 33u, 128u}) {
        base::RandomSequence random(n);
        std::vector<float> x = test::normals(n, random), y = test::normals(n, random);
        x[n / 2] = -9;
        const auto results = test::under_every_build([&] {
            std::vector<float> m = y;
            largest_magnitudes(x.data(), std::ssize(x), m.data());
            m.push_back(largest_magnitude(x.data(), std::ssize(x)));
            return m;
        });
        for (const std::vector<float>& m : results) {
            EXPECT_EQ(m.back(), 9);
            for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(m[i], std::max(std::abs(x[i]), std::abs(y[i])));
        }
        x[n - 1] = nan;
        for (const float m : test::under_every_build([&] { return largest_magnitude(x.data(), std::ssize(x)); })) {
            EXPECT_TRUE(std::isnan(m));
        }
    }
    EXPECT_EQ(f8_scale(448), 1);
    EXPECT_GT(f8_scale(0), 0);
    EXPECT_TRUE(std::isnan(f8_scale(nan)));
}

/// Moments in BF16 take the same step as in F32, from what they were and rounded after it.
TEST(Narrow, AdamwRoundsItsMomentsOnly) {
    base::RandomSequence random(12);
    const std::size_t n = 45;
    const std::vector<float> g = test::normals(n, random), w = test::normals(n, random);
    std::vector<std::uint16_t> m(n), v(n);
    for (std::size_t i = 0; i < n; ++i) {
        m[i] = tensor::f32_to_bf16(test::normal(random));
        v[i] = tensor::f32_to_bf16(std::abs(test::normal(random)));
    }
    AdamwStep step;
    step.step_size = 0.01f;
    std::vector<float> wide_m(n), wide_v(n), expected = w;
    from_bf16(m.data(), std::ssize(m), wide_m.data());
    from_bf16(v.data(), std::ssize(v), wide_v.data());
    adamw(step, expected.data(), wide_m.data(), wide_v.data(), g.data(), std::ssize(g));
    const auto results = test::under_every_build([&] {
        std::vector<float> found = w;
        std::vector<std::uint16_t> first = m, second = v;
        adamw(step, found.data(), first.data(), second.data(), g.data(), std::ssize(g));
        for (std::size_t i = 0; i < n; ++i) {
            EXPECT_EQ(first[i], tensor::f32_to_bf16(wide_m[i]));
            EXPECT_EQ(second[i], tensor::f32_to_bf16(wide_v[i]));
        }
        return found;
    });
    for (const auto& found : results) EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace ergon::kernels
