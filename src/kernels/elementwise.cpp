#include "kernels/elementwise.h"

#include <algorithm>
#include <limits>

#include "kernels/builds/table.h"

namespace ergon::kernels {

void rms_norm(const float* x, const float* w, float eps, std::int64_t n, float* y) {
    table().rms_norm(x, w, eps, n, y);
}
void add(float* x, const float* y, std::int64_t n) {
    table().add(x, y, n);
}
void add_scaled(float* y, const float* x, float factor, std::int64_t n) {
    table().add_scaled(y, x, factor, n);
}
void swiglu(const float* gate, const float* up, std::int64_t n, float* y) {
    table().swiglu(gate, up, n, y);
}
void softmax(float* x, std::int64_t n) {
    table().softmax(x, n);
}
void sigmoid(float* x, std::int64_t n) {
    table().sigmoid(x, n);
}
void to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
    table().to_f16(x, n, y);
}

float rms_norm_backward(const float* x, const float* w, const float* dy, float eps, std::int64_t n, float* dx) {
    return table().rms_norm_backward(x, w, dy, eps, n, dx);
}
void add_product(float* y, const float* a, const float* b, float factor, std::int64_t n) {
    table().add_product(y, a, b, factor, n);
}
void swiglu_backward(float* gate, float* up, const float* dy, std::int64_t n) {
    table().swiglu_backward(gate, up, dy, n);
}
float dot(const float* a, const float* b, std::int64_t n) {
    return table().dot(a, b, n);
}
void scale(float* x, float factor, std::int64_t n) {
    table().scale(x, factor, n);
}
void softmax_backward(const float* p, float* d, float factor, std::int64_t n) {
    table().softmax_backward(p, d, factor, n);
}
void adamw(const AdamwStep& step, float* w, float* m, float* v, const float* g, std::int64_t n) {
    table().adamw(step, w, m, v, g, n);
}
void adamw(const AdamwStep& step, float* w, std::uint16_t* m, std::uint16_t* v, const float* g, std::int64_t n) {
    table().adamw_bf16(step, w, m, v, g, n);
}

std::int64_t argmax(const float* x, std::int64_t n) {
    // The value first, which compilers do in vectors (a comparison with a NaN is false), then its place.
    constexpr std::int64_t lanes = 32;
    float largest[lanes];
    std::fill_n(largest, lanes, -std::numeric_limits<float>::infinity());
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            largest[lane] = x[i + lane] > largest[lane] ? x[i + lane] : largest[lane];
        }
    }
    for (std::int64_t lane = 0; i < n; ++i, ++lane) largest[lane] = x[i] > largest[lane] ? x[i] : largest[lane];
    const float most = *std::max_element(largest, largest + lanes);
    const float* const found = std::find(x, x + n, most);
    if (found != x + n) return found - x;
    return n > 0 ? n - 1 : 0;  // nothing but NaN
}

}  // namespace ergon::kernels
