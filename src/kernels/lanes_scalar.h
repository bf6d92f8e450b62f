#pragma once
// The thin primitives of the kernels, in plain code: 16 lanes as arrays. This build is the definition.

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tensor/float_bits.h"

namespace ergon::kernels::scalar_build {

// One primitive a line: three files to be read side by side.
// clang-format off
inline constexpr int lanes = 16;

struct F { float v[lanes]; };           // 32-bit floats
struct I { std::int32_t v[lanes]; };    // 32-bit integers
struct B { std::uint8_t v[4 * lanes]; };  // four bytes for each lane

template <typename To, typename Function>
inline To per_lane(Function function) {
    To result;
    for (int i = 0; i < lanes; ++i) result.v[i] = function(i);
    return result;
}

inline F zero() { return F{}; }
inline F broadcast(float x) { return per_lane<F>([&](int) { return x; }); }
inline F load(const float* p) { F r; std::memcpy(r.v, p, sizeof r.v); return r; }
inline void store(float* p, F x) { std::memcpy(p, x.v, sizeof x.v); }
inline F load_f16(const std::uint16_t* p) { return per_lane<F>([&](int i) { return tensor::f16_to_f32(p[i]); }); }
inline F load_bf16(const std::uint16_t* p) { return per_lane<F>([&](int i) { return tensor::bf16_to_f32(p[i]); }); }
inline F load_f8(const std::uint8_t* p) { return per_lane<F>([&](int i) { return tensor::f8_e4m3_to_f32(p[i]); }); }
inline void store_f16(std::uint16_t* p, F x) { for (int i = 0; i < lanes; ++i) p[i] = tensor::f32_to_f16(x.v[i]); }

inline F fma(F a, F b, F c) { return per_lane<F>([&](int i) { return std::fma(a.v[i], b.v[i], c.v[i]); }); }
inline F mul(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] * b.v[i]; }); }
inline F add(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] + b.v[i]; }); }
inline F sub(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] - b.v[i]; }); }
inline F div(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] / b.v[i]; }); }
inline F square_root(F a) { return per_lane<F>([&](int i) { return std::sqrt(a.v[i]); }); }
// As the processor's: the second operand where either is NaN.
inline F min(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; }); }
inline F max(F a, F b) { return per_lane<F>([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }
/// value, but 0 where x < bound.
inline F zero_below(F x, F bound, F value) {
    return per_lane<F>([&](int i) { return x.v[i] < bound.v[i] ? 0.0f : value.v[i]; });
}

inline I broadcast_int(std::int32_t x) { return per_lane<I>([&](int) { return x; }); }
inline I add_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] + b.v[i]; }); }
inline I sub_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] - b.v[i]; }); }
inline I mul_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] * b.v[i]; }); }
inline I max_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }
inline I min_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; }); }
inline I and_int(I a, I b) { return per_lane<I>([&](int i) { return a.v[i] & b.v[i]; }); }
/// Zeros come in from above.
template <int n> inline I shift_right(I a) { return per_lane<I>([&](int i) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v[i]) >> n); }); }
template <int n> inline I shift_left(I a) { return per_lane<I>([&](int i) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(a.v[i]) << n); }); }
/// The bits of |x| as integers: ordered as the magnitudes are, NaN above all.
inline I magnitude_bits(F x) {
    return per_lane<I>([&](int i) { return std::bit_cast<std::int32_t>(x.v[i]) & 0x7FFFFFFF; });
}
inline I float_bits(F x) { return per_lane<I>([&](int i) { return std::bit_cast<std::int32_t>(x.v[i]); }); }
inline F to_float(I a) { return per_lane<F>([&](int i) { return static_cast<float>(a.v[i]); }); }
/// Rounded to nearest even; |x| < 2^31. NaN gives the lowest integer, as the processor's conversion does.
inline I to_int(F x) {
    return per_lane<I>([&](int i) {
        return x.v[i] != x.v[i] ? std::numeric_limits<std::int32_t>::min() : static_cast<std::int32_t>(std::nearbyint(x.v[i]));
    });
}
inline F bits_to_float(I a) { return per_lane<F>([&](int i) { return std::bit_cast<float>(a.v[i]); }); }
inline I load_i8(const std::int8_t* p) { return per_lane<I>([&](int i) { return p[i]; }); }
inline I load_u8(const std::uint8_t* p) { return per_lane<I>([&](int i) { return p[i]; }); }
/// Lanes in [-128, 127].
inline void store_i8(std::int8_t* p, I a) { for (int i = 0; i < lanes; ++i) p[i] = static_cast<std::int8_t>(a.v[i]); }
/// The low bits of integers that have no others.
inline void store_u8(std::uint8_t* p, I a) { for (int i = 0; i < lanes; ++i) p[i] = static_cast<std::uint8_t>(a.v[i]); }
inline void store_u16(std::uint16_t* p, I a) { for (int i = 0; i < lanes; ++i) p[i] = static_cast<std::uint16_t>(a.v[i]); }
inline std::int32_t sum_int(I a) { std::int32_t s = 0; for (const std::int32_t x : a.v) s += x; return s; }
inline std::int32_t largest_int(I a) { std::int32_t m = a.v[0]; for (const std::int32_t x : a.v) m = x > m ? x : m; return m; }

/// Sixteen partial sums to one, by the fixed tree: lane i + lane i+8, then i+4, i+2, i+1.
inline float tree_sum(const F* parts) {
    float s[16];
    std::memcpy(s, parts[0].v, sizeof s);
    for (int width = 8; width > 0; width /= 2) {
        for (int i = 0; i < width; ++i) s[i] = s[i] + s[i + width];
    }
    return s[0];
}

template <typename Function>
inline B per_byte(Function function) {
    B result;
    for (int i = 0; i < 4 * lanes; ++i) result.v[i] = static_cast<std::uint8_t>(function(i));
    return result;
}
inline B load_bytes(const std::uint8_t* p) { B r; std::memcpy(r.v, p, sizeof r.v); return r; }
/// The bits of `mask` that stand at bit `from` of each byte, moved to bit `to`; the others are 0.
template <int from, int to, int mask> inline B move_bits(B b) {
    return per_byte([&](int i) { return ((b.v[i] >> from) & mask) << to; });
}
inline B or_bytes(B a, B b) { return per_byte([&](int i) { return a.v[i] | b.v[i]; }); }
/// table[b] for bytes below 16.
inline B look_up(const std::int8_t* table, B b) { return per_byte([&](int i) { return table[b.v[i]]; }); }

/// Sum over g < count, j < 4 of code(lane, 4g + j) * x[4g + j]: codes unsigned, at most max_code, |x| <= 127.
template <int max_code, int count>
inline I dot_unsigned(const B* w, const std::int8_t* x) {
    I sum{};
    for (int g = 0; g < count; ++g) {
        for (int i = 0; i < 4 * lanes; ++i) sum.v[i / 4] += w[g].v[i] * x[4 * g + i % 4];
    }
    return sum;
}

/// Eight groups of signed codes in [-127, 127] made ready for dot_signed.
struct SignedCodes { B w[8]; };
inline SignedCodes prepare_signed(const B* w) { SignedCodes r; std::memcpy(r.w, w, sizeof r.w); return r; }
inline I dot_signed(const SignedCodes& codes, const std::int8_t* x) {
    I sum{};
    for (int g = 0; g < 8; ++g) {
        for (int i = 0; i < 4 * lanes; ++i) sum.v[i / 4] += static_cast<std::int8_t>(codes.w[g].v[i]) * x[4 * g + i % 4];
    }
    return sum;
}

/// out[i][j] = rows[j][i]: `lanes` rows of 16 values each, as 16 rows of `lanes` values.
inline void transpose(const F (&rows)[16], F (&out)[16]) {
    for (int i = 0; i < 16; ++i) for (int j = 0; j < 16; ++j) out[i].v[j] = rows[j].v[i];
}

}  // namespace ergon::kernels::scalar_build
