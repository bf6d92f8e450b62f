#pragma once
// F32 values to and from the narrower formats that training holds them in: BF16, and E4M3 with a scale for some values
// in common (DeepSeek-V3, section 3.3.2). All run in the calling thread.

#include <cstdint>

namespace ergon::kernels {

/// Rounded to nearest even; NaN stays NaN. n values.
void to_bf16(const float* x, std::int64_t n, std::uint16_t* y);
void from_bf16(const std::uint16_t* x, std::int64_t n, float* y);

/// The largest |x| of n values; NaN if one is.
float largest_magnitude(const float* x, std::int64_t n);
/// m[i] = the larger of m[i] and |x[i]|; NaN if one is.
void largest_magnitudes(const float* x, std::int64_t n, float* m);

/// The scale that brings values up to `largest` into E4M3: largest / 448, but a normal number, so that zeros can be
/// divided by it.
float f8_scale(float largest);
/// y = x / scale in E4M3, rounded to nearest even, at most 448. n values.
void to_f8(const float* x, float scale, std::int64_t n, std::uint8_t* y);
/// The same with a scale for each value.
void to_f8_each(const float* x, const float* scales, std::int64_t n, std::uint8_t* y);
/// y = x * scale. n values; a code of NaN is not one of x.
void from_f8(const std::uint8_t* x, float scale, std::int64_t n, float* y);

}  // namespace ergon::kernels
