#pragma once
// The thin primitives of the kernels for AVX-512 (F, BW, VL, DQ, VNNI): 16 lanes, one register. Each means exactly what
// its namesake in lanes_scalar.h means.

#include <cstdint>
#include <cstring>
#include <immintrin.h>

namespace ergon::kernels::avx512_build {

// One primitive a line: three files to be read side by side.
// clang-format off
inline constexpr int lanes = 16;

using F = __m512;
struct I { __m512i v; };  // 32-bit integers
struct B { __m512i v; };  // four bytes for each lane

inline F zero() { return _mm512_setzero_ps(); }
inline F broadcast(float x) { return _mm512_set1_ps(x); }
inline F load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, F x) { _mm512_storeu_ps(p, x); }
inline __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline __m128i load_128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline F load_f16(const std::uint16_t* p) { return _mm512_cvtph_ps(load_256(p)); }
inline F load_bf16(const std::uint16_t* p) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_256(p)), 16));
}
/// E4M3's fields moved to F16's places give the value / 256, subnormals included (NaN codes are refused at load).
inline F load_f8(const std::uint8_t* p) {
    const __m256i wide = _mm256_cvtepu8_epi16(load_128(p));
    const __m256i sign = _mm256_slli_epi16(_mm256_and_si256(wide, _mm256_set1_epi16(0x80)), 8);
    const __m256i rest = _mm256_slli_epi16(_mm256_and_si256(wide, _mm256_set1_epi16(0x7F)), 7);
    return _mm512_mul_ps(_mm512_cvtph_ps(_mm256_or_si256(sign, rest)), _mm512_set1_ps(256.0f));
}
inline void store_f16(std::uint16_t* p, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F mul(F a, F b) { return _mm512_mul_ps(a, b); }
inline F add(F a, F b) { return _mm512_add_ps(a, b); }
inline F sub(F a, F b) { return _mm512_sub_ps(a, b); }
inline F div(F a, F b) { return _mm512_div_ps(a, b); }
inline F square_root(F a) { return _mm512_sqrt_ps(a); }
inline F min(F a, F b) { return _mm512_min_ps(a, b); }
inline F max(F a, F b) { return _mm512_max_ps(a, b); }
inline F zero_below(F x, F bound, F value) {
    return _mm512_maskz_mov_ps(static_cast<__mmask16>(~_mm512_cmp_ps_mask(x, bound, _CMP_LT_OQ)), value);
}

inline I broadcast_int(std::int32_t x) { return {_mm512_set1_epi32(x)}; }
inline I add_int(I a, I b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline I sub_int(I a, I b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline I mul_int(I a, I b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
inline I max_int(I a, I b) { return {_mm512_max_epi32(a.v, b.v)}; }
inline I min_int(I a, I b) { return {_mm512_min_epi32(a.v, b.v)}; }
inline I and_int(I a, I b) { return {_mm512_and_si512(a.v, b.v)}; }
template <int n> inline I shift_right(I a) { return {_mm512_srli_epi32(a.v, n)}; }
template <int n> inline I shift_left(I a) { return {_mm512_slli_epi32(a.v, n)}; }
inline I magnitude_bits(F x) { return {_mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF))}; }
inline I float_bits(F x) { return {_mm512_castps_si512(x)}; }
inline F to_float(I a) { return _mm512_cvtepi32_ps(a.v); }
inline I to_int(F x) { return {_mm512_cvtps_epi32(x)}; }
inline F bits_to_float(I a) { return _mm512_castsi512_ps(a.v); }
inline I load_i8(const std::int8_t* p) { return {_mm512_cvtepi8_epi32(load_128(p))}; }
inline I load_u8(const std::uint8_t* p) { return {_mm512_cvtepu8_epi32(load_128(p))}; }
inline void store_i8(std::int8_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v));
}
inline void store_u8(std::uint8_t* p, I a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v));
}
inline void store_u16(std::uint16_t* p, I a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(a.v));
}
inline std::int32_t sum_int(I a) { return _mm512_reduce_add_epi32(a.v); }
inline std::int32_t largest_int(I a) { return _mm512_reduce_max_epi32(a.v); }

inline float tree_sum(const F* parts) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(parts[0]), _mm512_extractf32x8_ps(parts[0], 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline B load_bytes(const std::uint8_t* p) { return {_mm512_loadu_si512(p)}; }
template <int from, int to, int mask> inline B move_bits(B b) {
    // Shifts are of 16-bit words; what crosses from byte to byte is masked away.
    auto moved = b.v;
    if constexpr (from > to) moved = _mm512_srli_epi16(b.v, from - to);
    if constexpr (from < to) moved = _mm512_slli_epi16(b.v, to - from);
    return {_mm512_and_si512(moved, _mm512_set1_epi8(static_cast<char>(mask << to)))};
}
inline B or_bytes(B a, B b) { return {_mm512_or_si512(a.v, b.v)}; }
inline B look_up(const std::int8_t* table, B b) {
    return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_128(table)), b.v)};
}

/// Four bytes of x for every lane.
inline __m512i broadcast_4(const std::int8_t* x) {
    std::int32_t four = 0;
    std::memcpy(&four, x, 4);
    return _mm512_set1_epi32(four);
}

template <int max_code, int count>
inline I dot_unsigned(const B* w, const std::int8_t* x) {
    // Two chains: a product's latency is hidden by the other's.
    __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int g = 0; g < count; g += 2) {
        even = _mm512_dpbusd_epi32(even, w[g].v, broadcast_4(x + 4 * g));
        odd = _mm512_dpbusd_epi32(odd, w[g + 1].v, broadcast_4(x + 4 * g + 4));
    }
    return {_mm512_add_epi32(even, odd)};
}

/// Signed codes plus 128 are unsigned; 128 times the sum of x is what must be taken off again.
struct SignedCodes { B w[8]; };
inline SignedCodes prepare_signed(const B* w) {
    SignedCodes r;
    for (int g = 0; g < 8; ++g) r.w[g].v = _mm512_xor_si512(w[g].v, _mm512_set1_epi8(static_cast<char>(0x80)));
    return r;
}
inline I dot_signed(const SignedCodes& codes, const std::int8_t* x) {
    __m512i sum_x = _mm512_setzero_si512();
    const __m512i bias = _mm512_set1_epi8(static_cast<char>(0x80));
#pragma GCC unroll 8
    for (int g = 0; g < 8; ++g) sum_x = _mm512_dpbusd_epi32(sum_x, bias, broadcast_4(x + 4 * g));
    return {_mm512_sub_epi32(dot_unsigned<255, 8>(codes.w, x).v, sum_x)};
}

/// out[i] = lane i of the 16 rows.
inline void transpose(const F (&rows)[16], F (&out)[16]) {
    __m512 t[16], u[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    // u[4q + c] holds, in its 128-bit part p, rows 4q..4q+3 of column 4p + c.
    for (int i = 0; i < 16; i += 4) {
        u[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        u[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
        u[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        u[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int c = 0; c < 4; ++c) {
        const __m512 low_01 = _mm512_shuffle_f32x4(u[c], u[c + 4], 0x44), low_23 = _mm512_shuffle_f32x4(u[c + 8], u[c + 12], 0x44);
        const __m512 high_01 = _mm512_shuffle_f32x4(u[c], u[c + 4], 0xEE), high_23 = _mm512_shuffle_f32x4(u[c + 8], u[c + 12], 0xEE);
        out[c] = _mm512_shuffle_f32x4(low_01, low_23, 0x88);
        out[4 + c] = _mm512_shuffle_f32x4(low_01, low_23, 0xDD);
        out[8 + c] = _mm512_shuffle_f32x4(high_01, high_23, 0x88);
        out[12 + c] = _mm512_shuffle_f32x4(high_01, high_23, 0xDD);
    }
}

}  // namespace ergon::kernels::avx512_build
