#pragma once
// Small kernels on rows of F32 values. All run in the calling thread on one row or one vector: the caller spreads rows
// over threads. exp, silu, sigmoid, sin and cos are ours, the same bits on every processor.

#include <cstdint>
#include <span>

#include "tensor/tensor.h"

namespace ergon::kernels {

/// y = x / sqrt(mean(x^2) + eps) * w over n values; the sum of squares in 16 lanes and a fixed tree. y may be x.
void rms_norm(const float* x, const float* w, float eps, std::int64_t n, float* y);

/// x += y, n values.
void add(float* x, const float* y, std::int64_t n);
/// y = fma(factor, x, y), n values.
void add_scaled(float* y, const float* x, float factor, std::int64_t n);

/// y = silu(gate) * up, n values; y may be gate.
void swiglu(const float* gate, const float* up, std::int64_t n, float* y);

/// x = exp(x - max) / sum, n values, in place.
void softmax(float* x, std::int64_t n);
/// x = 1 / (1 + exp(-x)), n values, in place.
void sigmoid(float* x, std::int64_t n);
/// The index of the largest value (lowest index on ties). NaN never wins; n > 0.
std::int64_t argmax(const float* x, std::int64_t n);

/// log(sum(exp(x))) over n values, in double: 16 sums, of every 16th value each, ascending, then added up in order.
double log_sum_exp(const float* x, std::int64_t n);

/// e^x in double with our own arithmetic: 0 below -700, e^700 above 700.
double exponential(double x);
/// base^exponent in double with our own arithmetic, base > 0: for rotary frequencies.
double power(double base, double exponent);

/// Stores F32 values as F16, rounded to nearest even; beyond F16's range they saturate at +-65504.
void to_f16(const float* x, std::int64_t n, std::uint16_t* y);

/// One row of n values of any weight type, as stored in files, as F32.
void dequantize_row(tensor::DType type, const std::byte* row, std::int64_t n, float* y);

// Gradients: d of a name is the derivative of the loss by it.

/// dx += gradient of rms_norm by x, given dy; n values. Returns 1 / sqrt(mean(x^2) + eps), so that the gradient by w is
/// the sum over rows of dy * x times it.
float rms_norm_backward(const float* x, const float* w, const float* dy, float eps, std::int64_t n, float* dx);
/// y = fma(a * factor, b, y), n values.
void add_product(float* y, const float* a, const float* b, float factor, std::int64_t n);
/// Overwrites gate and up by the gradients by them, given that of silu(gate) * up; n values.
void swiglu_backward(float* gate, float* up, const float* dy, std::int64_t n);
/// Sum of a * b over n values, in 16 lanes and a fixed tree.
float dot(const float* a, const float* b, std::int64_t n);
/// x *= factor, n values.
void scale(float* x, float factor, std::int64_t n);
/// d, the gradient by p = softmax(factor * z), becomes that by z: p * (d - sum of p * d) * factor; n values.
void softmax_backward(const float* p, float* d, float factor, std::int64_t n);

/// One step of AdamW (Loshchilov and Hutter, 2019), its corrections of the bias folded into two factors.
struct AdamwStep {
    float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
    float gradient_scale = 1;  // clipping
    float step_size = 0;       // learning rate / (1 - beta1^t)
    float root_scale = 1;      // 1 / sqrt(1 - beta2^t)
    float keep = 1;            // 1 - learning rate * weight decay
};
/// m and v move towards g and g^2; w = w * keep - step_size * m / (sqrt(v) * root_scale + epsilon); n values.
void adamw(const AdamwStep& step, float* w, float* m, float* v, const float* g, std::int64_t n);
/// The same with moments kept in BF16: widened, moved, rounded to nearest even; w takes the unrounded ones.
void adamw(const AdamwStep& step, float* w, std::uint16_t* m, std::uint16_t* v, const float* g, std::int64_t n);

}  // namespace ergon::kernels
