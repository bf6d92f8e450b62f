#pragma once
// Small floating-point formats to and from F32, one value at a time, in plain code.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ergon::tensor {

inline float bf16_to_f32(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Round to nearest even; NaN stays NaN.
inline std::uint16_t f32_to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

/// The largest finite F16.
inline constexpr float f16_max = 65504.0f;

/// Exact; a signalling NaN becomes quiet: as the processor's F16C does.
inline float f16_to_f32(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
    const std::uint32_t mantissa = bits & 0x3FFu;
    if (exponent == 31) {
        const std::uint32_t quiet = mantissa != 0 ? 0x00400000u : 0u;
        return std::bit_cast<float>(sign | 0x7F800000u | quiet | (mantissa << 13));
    }
    if (exponent == 0) {
        const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

/// Round to nearest even, subnormals kept, overflow to infinity: as the processor's F16C does.
inline std::uint16_t f32_to_f16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return static_cast<std::uint16_t>(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
    if (magnitude >= 0x477FF000u)
        return static_cast<std::uint16_t>(sign | 0x7C00u);  // 65520 and more round to infinity
    if (magnitude < 0x38800000u) {                          // below 2^-14: subnormal
        // Adding 0.5 puts the F16 unit of last place (2^-24) at F32's last bit, and rounds.
        const float aligned = std::bit_cast<float>(magnitude) + 0.5f;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(aligned) - 0x3F000000u));
    }
    const std::uint32_t rounded = magnitude + 0xFFFu + ((magnitude >> 13) & 1u);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

/// E4M3FN: exponent bias 7, no infinity, 0x7F and 0xFF are NaN, largest 448.
constexpr float f8_e4m3_to_f32(std::uint8_t bits) {
    const std::uint32_t exponent = (bits >> 3) & 0xFu;
    const std::uint32_t mantissa = bits & 7u;
    float magnitude = 0;
    if (exponent == 15 && mantissa == 7) {
        magnitude = std::numeric_limits<float>::quiet_NaN();
    } else if (exponent == 0) {
        magnitude = static_cast<float>(mantissa) * 0x1p-9f;
    } else {
        magnitude = std::bit_cast<float>(((exponent + 120u) << 23) | (mantissa << 20));
    }
    return (bits & 0x80u) ? -magnitude : magnitude;
}

/// Round to nearest even, subnormals kept, beyond 448 saturated; NaN stays NaN.
inline std::uint8_t f32_to_f8_e4m3(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint8_t>((bits >> 24) & 0x80u);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return static_cast<std::uint8_t>(sign | 0x7Fu);
    if (magnitude >= 0x43E00000u) return static_cast<std::uint8_t>(sign | 0x7Eu);  // 448
    if (magnitude < 0x3C800000u) {                                                 // below 2^-6: subnormal
        // Adding 2^14 puts E4M3's unit of last place (2^-9) at F32's last bit, and rounds.
        const float aligned = std::bit_cast<float>(magnitude) + 0x1p14f;
        return static_cast<std::uint8_t>(sign | (std::bit_cast<std::uint32_t>(aligned) - 0x46800000u));
    }
    const std::uint32_t rounded = magnitude + 0x7FFFFu + ((magnitude >> 20) & 1u);
    return static_cast<std::uint8_t>(sign | ((rounded - 0x3C000000u) >> 20));
}

/// E5M2 is the upper half of F16.
inline float f8_e5m2_to_f32(std::uint8_t bits) {
    return f16_to_f32(static_cast<std::uint16_t>(bits << 8));
}

/// E8M0: 2^(bits-127), 0xFF is NaN.
inline float f8_e8m0_to_f32(std::uint8_t bits) {
    if (bits == 0xFF) return std::numeric_limits<float>::quiet_NaN();
    return std::ldexp(1.0f, static_cast<int>(bits) - 127);
}

}  // namespace ergon::tensor
