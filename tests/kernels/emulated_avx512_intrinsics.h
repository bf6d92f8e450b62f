#pragma once
// AVX-512 for machines without it: what SIMDe has, and what it lacks in halves of AVX2. The emulated build of the
// kernels (CMakeLists.txt makes it from lanes_avx512.h) checks that the AVX-512 primitives mean what their scalar
// namesakes mean.

#include <cstring>
#include <immintrin.h>
#include <simde/x86/avx512.h>

namespace ergon::test::emulated {

template <typename Half, typename Whole>
inline Half half(const Whole& whole, int i) {
    Half h;
    std::memcpy(&h, reinterpret_cast<const char*>(&whole) + 32 * i, 32);
    return h;
}
template <typename Whole, typename Half>
inline Whole join(Half low, Half high) {
    Whole whole;
    std::memcpy(&whole, &low, 32);
    std::memcpy(reinterpret_cast<char*>(&whole) + 32, &high, 32);
    return whole;
}

}  // namespace ergon::test::emulated

inline simde__m512 simde_mm512_cvtepi32_ps(simde__m512i v) {
    using namespace ergon::test::emulated;
    return join<simde__m512>(_mm256_cvtepi32_ps(half<__m256i>(v, 0)), _mm256_cvtepi32_ps(half<__m256i>(v, 1)));
}
inline simde__m512i simde_mm512_cvtps_epi32(simde__m512 v) {
    using namespace ergon::test::emulated;
    return join<simde__m512i>(_mm256_cvtps_epi32(half<__m256>(v, 0)), _mm256_cvtps_epi32(half<__m256>(v, 1)));
}
inline simde__m512i simde_mm512_cvtepi8_epi32(__m128i v) {
    return ergon::test::emulated::join<simde__m512i>(_mm256_cvtepi8_epi32(v),
                                                     _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8)));
}
inline simde__m512i simde_mm512_cvtepu8_epi32(__m128i v) {
    return ergon::test::emulated::join<simde__m512i>(_mm256_cvtepu8_epi32(v),
                                                     _mm256_cvtepu8_epi32(_mm_srli_si128(v, 8)));
}
inline simde__m512i simde_mm512_cvtepu16_epi32(__m256i v) {
    return ergon::test::emulated::join<simde__m512i>(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)),
                                                     _mm256_cvtepu16_epi32(_mm256_extracti128_si256(v, 1)));
}
inline __m256i simde_mm512_cvtepi32_epi16(simde__m512i v) {
    alignas(64) std::int32_t wide[16];
    alignas(32) std::int16_t narrow[16];
    std::memcpy(wide, &v, sizeof wide);
    for (int i = 0; i < 16; ++i) narrow[i] = static_cast<std::int16_t>(wide[i]);
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(narrow));
}
inline __m128i simde_mm512_cvtepi32_epi8(simde__m512i v) {
    alignas(64) std::int32_t wide[16];
    alignas(16) std::int8_t narrow[16];
    std::memcpy(wide, &v, sizeof wide);
    for (int i = 0; i < 16; ++i) narrow[i] = static_cast<std::int8_t>(wide[i]);
    return _mm_load_si128(reinterpret_cast<const __m128i*>(narrow));
}
inline simde__m512 simde_mm512_cvtph_ps(__m256i v) {
    return ergon::test::emulated::join<simde__m512>(_mm256_cvtph_ps(_mm256_castsi256_si128(v)),
                                                    _mm256_cvtph_ps(_mm256_extracti128_si256(v, 1)));
}
inline __m256i simde_mm512_cvtps_ph(simde__m512 v, int) {
    using namespace ergon::test::emulated;
    return _mm256_set_m128i(_mm256_cvtps_ph(half<__m256>(v, 1), _MM_FROUND_TO_NEAREST_INT),
                            _mm256_cvtps_ph(half<__m256>(v, 0), _MM_FROUND_TO_NEAREST_INT));
}
inline __m256 simde_mm512_extractf32x8_ps(simde__m512 v, int i) {
    return ergon::test::emulated::half<__m256>(v, i);
}
inline std::int32_t simde_mm512_reduce_add_epi32(simde__m512i v) {
    std::int32_t lanes[16], sum = 0;
    std::memcpy(lanes, &v, sizeof lanes);
    for (const std::int32_t x : lanes) sum += x;
    return sum;
}
inline std::int32_t simde_mm512_reduce_max_epi32(simde__m512i v) {
    std::int32_t lanes[16];
    std::memcpy(lanes, &v, sizeof lanes);
    std::int32_t largest = lanes[0];
    for (const std::int32_t x : lanes) largest = x > largest ? x : largest;
    return largest;
}
