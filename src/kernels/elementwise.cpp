#include "kernels/elementwise.h"

#include "kernels/table.h"

namespace ergon::kernels {

void rms_norm(const float* x, const float* w, float eps, std::int64_t n, float* y) { table().rms_norm(x, w, eps, n, y); }
void add(float* x, const float* y, std::int64_t n) { table().add(x, y, n); }
void add_scaled(float* y, const float* x, float factor, std::int64_t n) { table().add_scaled(y, x, factor, n); }
void swiglu(const float* gate, const float* up, std::int64_t n, float* y) { table().swiglu(gate, up, n, y); }
void softmax(float* x, std::int64_t n) { table().softmax(x, n); }
void sigmoid(float* x, std::int64_t n) { table().sigmoid(x, n); }
void rotate(float* x, const float* cosines, const float* sines, std::int64_t n, Pairing pairing) {
    table().rotate(x, cosines, sines, n, pairing);
}
void to_f16(const float* x, std::int64_t n, std::uint16_t* y) { table().to_f16(x, n, y); }

std::int64_t argmax(const float* x, std::int64_t n) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < n; ++i) {
        if (x[i] > x[best] || x[best] != x[best]) best = i;
    }
    return best;
}

}  // namespace ergon::kernels
