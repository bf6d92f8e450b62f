#include "kernels/convert.h"

#include <limits>

#include "kernels/builds/table.h"

namespace ergon::kernels {

void to_bf16(const float* x, std::int64_t n, std::uint16_t* y) {
    table().to_bf16(x, n, y);
}
void from_bf16(const std::uint16_t* x, std::int64_t n, float* y) {
    table().from_bf16(x, n, y);
}
float largest_magnitude(const float* x, std::int64_t n) {
    return table().largest_magnitude(x, n);
}
void largest_magnitudes(const float* x, std::int64_t n, float* m) {
    table().largest_magnitudes(x, n, m);
}
float f8_scale(float largest) {
    constexpr float least = std::numeric_limits<float>::min();
    const float scale = largest / 448.0f;
    return scale < least ? least : scale;
}
void to_f8(const float* x, float scale, std::int64_t n, std::uint8_t* y) {
    table().to_f8(x, scale, n, y);
}
void to_f8_each(const float* x, const float* scales, std::int64_t n, std::uint8_t* y) {
    table().to_f8_each(x, scales, n, y);
}
void from_f8(const std::uint8_t* x, float scale, std::int64_t n, float* y) {
    table().from_f8(x, scale, n, y);
}

}  // namespace ergon::kernels
