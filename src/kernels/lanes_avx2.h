#pragma once
// The thin primitives of the kernels for AVX2, FMA and F16C: 8 lanes, one register. Each means exactly what its
// namesake in lanes_scalar.h means.

#include <cstdint>
#include <cstring>
#include <immintrin.h>

namespace ergon::kernels::avx2_build {

// One primitive a line: three files to be read side by side.
// clang-format off
inline constexpr int lanes = 8;

using F = __m256;
struct I { __m256i v; };  // 32-bit integers
struct B { __m256i v; };  // four bytes for each lane

inline F zero() { return _mm256_setzero_ps(); }
inline F broadcast(float x) { return _mm256_set1_ps(x); }
inline F load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, F x) { _mm256_storeu_ps(p, x); }
inline __m128i load_128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline __m128i load_64(const void* p) { return _mm_loadl_epi64(static_cast<const __m128i*>(p)); }
inline F load_f16(const std::uint16_t* p) { return _mm256_cvtph_ps(load_128(p)); }
inline F load_bf16(const std::uint16_t* p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_128(p)), 16));
}
/// E4M3's fields moved to F16's places give the value / 256, subnormals included (NaN codes are refused at load).
inline F load_f8(const std::uint8_t* p) {
    const __m128i wide = _mm_cvtepu8_epi16(load_64(p));
    const __m128i sign = _mm_slli_epi16(_mm_and_si128(wide, _mm_set1_epi16(0x80)), 8);
    const __m128i rest = _mm_slli_epi16(_mm_and_si128(wide, _mm_set1_epi16(0x7F)), 7);
    return _mm256_mul_ps(_mm256_cvtph_ps(_mm_or_si128(sign, rest)), _mm256_set1_ps(256.0f));
}
inline void store_f16(std::uint16_t* p, F x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
inline F mul(F a, F b) { return _mm256_mul_ps(a, b); }
inline F add(F a, F b) { return _mm256_add_ps(a, b); }
inline F sub(F a, F b) { return _mm256_sub_ps(a, b); }
inline F div(F a, F b) { return _mm256_div_ps(a, b); }
inline F square_root(F a) { return _mm256_sqrt_ps(a); }
inline F min(F a, F b) { return _mm256_min_ps(a, b); }
inline F max(F a, F b) { return _mm256_max_ps(a, b); }
inline F zero_below(F x, F bound, F value) { return _mm256_andnot_ps(_mm256_cmp_ps(x, bound, _CMP_LT_OQ), value); }

inline I broadcast_int(std::int32_t x) { return {_mm256_set1_epi32(x)}; }
inline I add_int(I a, I b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline I sub_int(I a, I b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline I mul_int(I a, I b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
inline I max_int(I a, I b) { return {_mm256_max_epi32(a.v, b.v)}; }
inline I min_int(I a, I b) { return {_mm256_min_epi32(a.v, b.v)}; }
inline I and_int(I a, I b) { return {_mm256_and_si256(a.v, b.v)}; }
template <int n> inline I shift_right(I a) { return {_mm256_srli_epi32(a.v, n)}; }
template <int n> inline I shift_left(I a) { return {_mm256_slli_epi32(a.v, n)}; }
inline I magnitude_bits(F x) { return {_mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7FFFFFFF))}; }
inline I float_bits(F x) { return {_mm256_castps_si256(x)}; }
inline F to_float(I a) { return _mm256_cvtepi32_ps(a.v); }
inline I to_int(F x) { return {_mm256_cvtps_epi32(x)}; }
inline F bits_to_float(I a) { return _mm256_castsi256_ps(a.v); }
inline I load_i8(const std::int8_t* p) { return {_mm256_cvtepi8_epi32(load_64(p))}; }
inline I load_u8(const std::uint8_t* p) { return {_mm256_cvtepu8_epi32(load_64(p))}; }
inline void store_i8(std::int8_t* p, I a) {
    const __m256i words = _mm256_packs_epi32(a.v, a.v);
    const __m256i bytes = _mm256_packs_epi16(words, words);
    const __m128i joined = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), joined);
}
inline void store_u8(std::uint8_t* p, I a) {
    const __m256i words = _mm256_packus_epi32(a.v, a.v);
    const __m256i bytes = _mm256_packus_epi16(words, words);
    const __m128i joined = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), joined);
}
inline void store_u16(std::uint16_t* p, I a) {
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(a.v, a.v), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(words));
}
inline std::int32_t sum_int(I a) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}
inline std::int32_t largest_int(I a) {
    __m128i s = _mm_max_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    s = _mm_max_epi32(s, _mm_shuffle_epi32(s, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

inline float tree_sum(const F* parts) {
    const __m256 eight = _mm256_add_ps(parts[0], parts[1]);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline B load_bytes(const std::uint8_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
template <int from, int to, int mask> inline B move_bits(B b) {
    // Shifts are of 16-bit words; what crosses from byte to byte is masked away.
    auto moved = b.v;
    if constexpr (from > to) moved = _mm256_srli_epi16(b.v, from - to);
    if constexpr (from < to) moved = _mm256_slli_epi16(b.v, to - from);
    return {_mm256_and_si256(moved, _mm256_set1_epi8(static_cast<char>(mask << to)))};
}
inline B or_bytes(B a, B b) { return {_mm256_or_si256(a.v, b.v)}; }
inline B look_up(const std::int8_t* table, B b) {
    return {_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_128(table)), b.v)};
}

/// Four bytes of x for every lane.
inline __m256i broadcast_4(const std::int8_t* x) {
    std::int32_t four = 0;
    std::memcpy(&four, x, 4);
    return _mm256_set1_epi32(four);
}

template <int max_code, int count>
inline I dot_unsigned(const B* w, const std::int8_t* x) {
    // A product of pairs is at most 2 * 127 * max_code, so `run` of them add up in 16 bits before they must be widened.
    constexpr int run = 32767 / (2 * 127 * max_code) < count ? 32767 / (2 * 127 * max_code) : count;
    static_assert(run >= 1);
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i total = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int g = 0; g < count; g += run) {
        __m256i pairs = _mm256_maddubs_epi16(w[g].v, broadcast_4(x + 4 * g));
        for (int j = g + 1; j < g + run && j < count; ++j) {
            pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(w[j].v, broadcast_4(x + 4 * j)));
        }
        total = g == 0 ? _mm256_madd_epi16(pairs, ones) : _mm256_add_epi32(total, _mm256_madd_epi16(pairs, ones));
    }
    return {total};
}

struct SignedCodes { __m256i w[8], magnitude[8]; };
inline SignedCodes prepare_signed(const B* w) {
    SignedCodes r;
    for (int g = 0; g < 8; ++g) {
        r.w[g] = w[g].v;
        r.magnitude[g] = _mm256_abs_epi8(w[g].v);
    }
    return r;
}
/// w * x = |w| * (x with the sign of w); pairs are at most 2 * 127 * 127 < 2^15.
inline I dot_signed(const SignedCodes& codes, const std::int8_t* x) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i total = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int g = 0; g < 8; ++g) {
        const __m256i pairs = _mm256_maddubs_epi16(codes.magnitude[g], _mm256_sign_epi8(broadcast_4(x + 4 * g), codes.w[g]));
        total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, ones));
    }
    return {total};
}

inline void transpose_8x8(const __m256* in, __m256* out, int in_step, int out_step) {
    __m256 t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(in[i * in_step], in[(i + 1) * in_step]);
        t[i + 1] = _mm256_unpackhi_ps(in[i * in_step], in[(i + 1) * in_step]);
    }
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
        u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; ++i) {
        out[i * out_step] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
        out[(i + 4) * out_step] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
}
/// out[i] = lane i of the 8 rows: 8 rows of 16 values (two registers a row: rows[2j], rows[2j+1]) to 16 rows of 8.
inline void transpose(const F (&rows)[16], F (&out)[16]) {
    transpose_8x8(&rows[0], &out[0], 2, 1);
    transpose_8x8(&rows[1], &out[8], 2, 1);
}

}  // namespace ergon::kernels::avx2_build
