#include "train/layers/layer.h"

#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/rotary.h"

namespace ergon::train {
namespace {

/// Values of a long run that a thread takes at a time.
constexpr std::int64_t values_at_once = 4096;

void rotate_heads(const Context& c, const float* sines, float* x, std::int64_t stride, std::int64_t heads,
                  std::int64_t head) {
    const std::int64_t pairs = c.config.rope_dim() / 2;
    c.pool.for_each(c.tokens(), [&](std::int64_t t) {
        for (std::int64_t h = 0; h < heads; ++h) {
            kernels::rotate(x + t * stride + h * head, c.angles.cosines + t * pairs, sines + t * pairs, 2 * pairs,
                            c.angles.pairing);
        }
    });
}

}  // namespace

void norm(const Context& c, std::int64_t rows, const float* x, std::int64_t x_stride, const Weight& w, double eps,
          float* y, std::int64_t y_stride) {
    c.pool.for_each(rows, [&](std::int64_t t) {
        kernels::rms_norm(x + t * x_stride, w.value, static_cast<float>(eps), w.cols, y + t * y_stride);
    });
}

void norm_backward(const Context& c, std::int64_t rows, const float* x, std::int64_t x_stride, const Weight& w,
                   double eps, const float* dy, std::int64_t dy_stride, float* dx) {
    std::vector<float>& factors = c.scratch.norm_factors;
    if (std::ssize(factors) < rows) factors.resize(rows);
    c.pool.for_each(rows, [&](std::int64_t t) {
        factors[t] = kernels::rms_norm_backward(x + t * x_stride, w.value, dy + t * dy_stride, static_cast<float>(eps),
                                                w.cols, dx + t * x_stride);
    });
    c.pool.run(w.cols, columns_at_once, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t t = 0; t < rows; ++t) {
            kernels::add_product(w.gradient + begin, dy + t * dy_stride + begin, x + t * x_stride + begin, factors[t],
                                 end - begin);
        }
    });
}

void swiglu(const Context& c, std::int64_t rows, std::int64_t inner, const float* gate, const float* up, float* y) {
    c.pool.for_each(rows,
                    [&](std::int64_t r) { kernels::swiglu(gate + r * inner, up + r * inner, inner, y + r * inner); });
}

void swiglu_backward(const Context& c, std::int64_t rows, std::int64_t inner, float* gate, float* up, const float* dy) {
    c.pool.for_each(rows, [&](std::int64_t r) {
        kernels::swiglu_backward(gate + r * inner, up + r * inner, dy + r * inner, inner);
    });
}

void add(const Context& c, float* y, const float* x, std::int64_t n) {
    c.pool.run(n, values_at_once,
               [&](std::int64_t begin, std::int64_t end, int) { kernels::add(y + begin, x + begin, end - begin); });
}

void rotate(const Context& c, float* x, std::int64_t stride, std::int64_t heads, std::int64_t head) {
    rotate_heads(c, c.angles.sines, x, stride, heads, head);
}

void rotate_back(const Context& c, float* x, std::int64_t stride, std::int64_t heads, std::int64_t head) {
    rotate_heads(c, c.angles.negative_sines, x, stride, heads, head);
}

}  // namespace ergon::train
