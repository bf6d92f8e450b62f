#pragma once
// What the layers share: the step at hand, the memory of operations, and the few operations that they are made of.

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "kernels/gemm.h"
#include "model/attention/rotary.h"
#include "model/config/config.h"
#include "model/workspace.h"
#include "train/arena.h"
#include "train/layers/batch.h"
#include "train/weights.h"

namespace ergon::train {

/// Cosines and sines of every row's position [tokens, rope_dim / 2]; the negated sines turn back.
struct Angles {
    float* cosines = nullptr;
    float* sines = nullptr;
    float* negative_sines = nullptr;
    kernels::Pairing pairing = kernels::Pairing::halves;
};

/// Memory that operations use in turn; nothing in it outlives a call.
struct Scratch {
    kernels::GemmScratch gemm;
    model::Workspace attention;
    std::vector<kernels::Gemm> products;
    std::vector<float> norm_factors;          // [tokens]
    std::vector<std::vector<float>> workers;  // of attention's gradient
};

struct Context {
    const model::Config& config;
    const Batch& batch;
    const Angles& angles;
    Scratch& scratch;
    base::ThreadPool& pool;
    Arena& arena;  // lends memory
    std::int64_t tokens() const { return batch.tokens(); }
};

/// Columns that a thread takes at a time where it goes through all rows of them: a few cache lines.
inline constexpr std::int64_t columns_at_once = 64;

/// y[t] = rms_norm(x[t]) * w; x and y have rows x_stride and y_stride apart.
void norm(const Context& c, std::int64_t rows, const float* x, std::int64_t x_stride, const Weight& w, double eps,
          float* y, std::int64_t y_stride);
/// dx += gradient by x, w's gradient += that by w. dx has rows x_stride apart.
void norm_backward(const Context& c, std::int64_t rows, const float* x, std::int64_t x_stride, const Weight& w,
                   double eps, const float* dy, std::int64_t dy_stride, float* dx);

/// y = silu(gate) * up over [rows, inner], and its backward pass: gate and up become the gradients by them.
void swiglu(const Context& c, std::int64_t rows, std::int64_t inner, const float* gate, const float* up, float* y);
void swiglu_backward(const Context& c, std::int64_t rows, std::int64_t inner, float* gate, float* up, const float* dy);

/// y += x, n values.
void add(const Context& c, float* y, const float* x, std::int64_t n);

/// The two rotations of the rotary embedding: of `heads` heads whose rotated part begins at x + t * stride + h * head.
void rotate(const Context& c, float* x, std::int64_t stride, std::int64_t heads, std::int64_t head);
void rotate_back(const Context& c, float* x, std::int64_t stride, std::int64_t heads, std::int64_t head);

}  // namespace ergon::train
