#include "tensor/float_bits.h"

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <set>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using namespace ergon::tensor;

constexpr float infinity = std::numeric_limits<float>::infinity();

std::uint32_t bits_of(float value) {
    return std::bit_cast<std::uint32_t>(value);
}

/// The value that sign, exponent and mantissa of an IEEE-like format stand for; the largest exponent is left to the
/// caller.
float value_of(std::uint32_t bits, int exponent_bits, int mantissa_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const auto exponent = static_cast<int>((bits >> mantissa_bits) & ((1u << exponent_bits) - 1));
    const auto mantissa = static_cast<double>(bits & ((1u << mantissa_bits) - 1));
    const double fraction = std::ldexp(mantissa, -mantissa_bits) + (exponent == 0 ? 0.0 : 1.0);
    const double magnitude = std::ldexp(fraction, (exponent == 0 ? 1 : exponent) - bias);
    return static_cast<float>((bits >> (exponent_bits + mantissa_bits)) & 1u ? -magnitude : magnitude);
}

TEST(Half, EveryCodeHasItsValue) {
    for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
        const float widened = f16_to_f32(static_cast<std::uint16_t>(code));
        if ((code & 0x7C00) != 0x7C00) {
            ASSERT_EQ(bits_of(widened), bits_of(value_of(code, 5, 10))) << code;
        } else if ((code & 0x3FF) == 0) {
            ASSERT_EQ(widened, code & 0x8000 ? -infinity : infinity);
        } else {
            ASSERT_TRUE(std::isnan(widened)) << code;
        }
    }
}

TEST(Half, WideningAndNarrowingGiveEveryCodeBack) {
    for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
        const bool is_nan = (code & 0x7C00) == 0x7C00 && (code & 0x3FF) != 0;
        const std::uint32_t expected = is_nan ? code | 0x200u : code;  // a NaN becomes quiet
        ASSERT_EQ(f32_to_f16(f16_to_f32(static_cast<std::uint16_t>(code))), expected);
    }
}

// Between each two neighbours: the midpoint goes to the even one, what lies beside the midpoint to the nearer one.
// Rounding being monotonic, this fixes the result for every float.
template <typename Narrow, typename Widen>
void expect_nearest_even(std::uint16_t largest, const Narrow& narrow, const Widen& widen) {
    for (std::uint16_t low = 0; low < largest; ++low) {
        const auto high = static_cast<std::uint16_t>(low + 1);
        const auto middle =
            static_cast<float>((static_cast<double>(widen(low)) + static_cast<double>(widen(high))) / 2);
        ASSERT_EQ(narrow(middle), low % 2 == 0 ? low : high) << low;
        ASSERT_EQ(narrow(std::nextafter(middle, 0.0f)), low) << low;
        ASSERT_EQ(narrow(std::nextafter(middle, infinity)), high) << low;
        ASSERT_EQ(narrow(-middle), 0x8000 | (low % 2 == 0 ? low : high)) << low;
    }
}

TEST(Half, NarrowingRoundsToNearestEven) {
    expect_nearest_even(0x7BFF, f32_to_f16, f16_to_f32);
    EXPECT_EQ(f32_to_f16(std::nextafter(65520.0f, 0.0f)), 0x7BFF);
    EXPECT_EQ(f32_to_f16(65520.0f), 0x7C00);
    EXPECT_EQ(f32_to_f16(std::numeric_limits<float>::max()), 0x7C00);
    EXPECT_EQ(f32_to_f16(-infinity), 0xFC00);
    EXPECT_EQ(f32_to_f16(std::numeric_limits<float>::denorm_min()), 0);
}

#if defined(__x86_64__)
__attribute__((target("f16c"))) std::uint16_t processor_f16(float value) {
    return static_cast<std::uint16_t>(_mm_extract_epi16(_mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT), 0));
}
__attribute__((target("f16c"))) float processor_f32(std::uint16_t code) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(code)));
}

TEST(Half, EqualsTheProcessorBitForBit) {
    if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "no AVX2 here, and with it F16C";
    for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
        const auto half = static_cast<std::uint16_t>(code);
        ASSERT_EQ(bits_of(f16_to_f32(half)), bits_of(processor_f32(half))) << code;
    }
    // Every 997th float: 4.3 million of all signs, exponents and NaNs.
    for (std::uint64_t bits = 0; bits <= 0xFFFFFFFF; bits += 997) {
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        ASSERT_EQ(f32_to_f16(value), processor_f16(value)) << bits;
    }
}
#endif

TEST(Bfloat16, IsTheUpperHalfOfAFloat) {
    for (std::uint32_t code = 0; code <= 0xFFFF; ++code) {
        ASSERT_EQ(bits_of(bf16_to_f32(static_cast<std::uint16_t>(code))), code << 16);
    }
}

TEST(Bfloat16, NarrowingRoundsToNearestEven) {
    expect_nearest_even(0x7F7F, f32_to_bf16, bf16_to_f32);
    EXPECT_EQ(f32_to_bf16(std::numeric_limits<float>::max()), 0x7F80);
    EXPECT_EQ(f32_to_bf16(-infinity), 0xFF80);
    for (const std::uint32_t nan : {0x7F800001u, 0x7FFFFFFFu, 0xFF800001u, 0xFFC00000u}) {
        EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(nan))))) << nan;
    }
}

TEST(Float8E4M3, EveryCodeHasItsValue) {
    double positive_sum = 0;
    std::set<float> finite;
    for (std::uint32_t code = 0; code <= 0xFF; ++code) {
        const float value = f8_e4m3_to_f32(static_cast<std::uint8_t>(code));
        if ((code & 0x7F) == 0x7F) {
            EXPECT_TRUE(std::isnan(value)) << code;
            continue;
        }
        EXPECT_EQ(bits_of(value), bits_of(value_of(code, 4, 3))) << code;
        finite.insert(value);
        if (code < 0x80) positive_sum += static_cast<double>(value);
    }
    // The published checks of the format.
    EXPECT_EQ(positive_sum, 5407.875);
    EXPECT_EQ(finite.size(), 253u);
    EXPECT_EQ(f8_e4m3_to_f32(0x01), 0.001953125f);
    EXPECT_EQ(f8_e4m3_to_f32(0x07), 0.013671875f);
    EXPECT_EQ(f8_e4m3_to_f32(0x08), 0.015625f);
    EXPECT_EQ(f8_e4m3_to_f32(0x38), 1.0f);
    EXPECT_EQ(f8_e4m3_to_f32(0x3C), 1.5f);
    EXPECT_EQ(f8_e4m3_to_f32(0x40), 2.0f);
    EXPECT_EQ(f8_e4m3_to_f32(0xFE), -448.0f);
}

TEST(Float8E5M2, EveryCodeHasItsValue) {
    for (std::uint32_t code = 0; code <= 0xFF; ++code) {
        const float value = f8_e5m2_to_f32(static_cast<std::uint8_t>(code));
        if ((code & 0x7C) != 0x7C) {
            EXPECT_EQ(bits_of(value), bits_of(value_of(code, 5, 2))) << code;
        } else if ((code & 3) == 0) {
            EXPECT_EQ(value, code & 0x80 ? -infinity : infinity);
        } else {
            EXPECT_TRUE(std::isnan(value)) << code;
        }
    }
}

TEST(Float8E8M0, EveryCodeIsAPowerOfTwo) {
    for (int code = 0; code < 0xFF; ++code) {
        EXPECT_EQ(f8_e8m0_to_f32(static_cast<std::uint8_t>(code)), std::exp2(static_cast<float>(code - 127))) << code;
    }
    EXPECT_TRUE(std::isnan(f8_e8m0_to_f32(0xFF)));
}

}  // namespace
