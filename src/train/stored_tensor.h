#pragma once
// Activations and gradients as products read them, and as the backward pass finds them: F32, BF16, or E4M3 in tiles
// (DeepSeek-V3, section 3.3.2).

#include <cstdint>
#include <span>

#include "tensor/dtype.h"
#include "train/arena.h"

namespace ergon::train {

struct Context;

/// Values along a row (or, for products over tokens, rows) that share one scale; both sides of a block of weights.
inline constexpr std::int64_t tile = 128;
inline constexpr std::int64_t tiles(std::int64_t n) {
    return (n + tile - 1) / tile;
}

/// Rows [rows, cols]. E4M3: in tiles of 1 x 128, each with an F32 scale, its largest magnitude / 448.
struct StoredTensor {
    tensor::DType type = tensor::DType::f32;
    std::int64_t cols = 0;
    void* data = nullptr;
    float* scales = nullptr;  // [rows, tiles(cols)]

    static StoredTensor take(Arena& arena, tensor::DType type, std::int64_t rows, std::int64_t cols);
    /// F32 rows where they are.
    static StoredTensor of(float* x, std::int64_t cols) { return {tensor::DType::f32, cols, x, nullptr}; }
    static StoredTensor of(const float* x, std::int64_t cols) { return of(const_cast<float*>(x), cols); }  // only read
    /// One row, or part of one, as F32; `begin` is a multiple of 128.
    void widen(std::int64_t row, std::int64_t begin, std::int64_t count, float* x) const;
};

/// Where to compute what `to` is to store: in its own memory if that is F32, in scratch memory otherwise.
float* draft(const Context& c, std::int64_t rows, const StoredTensor& to);
/// Rounds x [rows, to.cols] to `to`; does nothing if x is its own memory.
void store(const Context& c, std::int64_t rows, const float* x, const StoredTensor& to);
/// x as products of `type` read its rows: x itself if F32, otherwise scratch.
StoredTensor to_stored(const Context& c, tensor::DType type, std::int64_t rows, const float* x, std::int64_t cols);
/// The values as F32: its own memory if it is F32, otherwise scratch.
float* widened(const Context& c, std::int64_t rows, const StoredTensor& x);
/// The rows of `of`, in that order; scratch.
StoredTensor gathered(const Context& c, const StoredTensor& x, std::span<const std::int32_t> rows);

/// The same, for products over rows: E4M3 in tiles of 128 x 1, which begin anew at each segment, so that a segment's
/// product needs no other's rows.
struct Columns {
    tensor::DType type = tensor::DType::f32;
    std::int64_t cols = 0;
    const void* data = nullptr;     // [rows, cols]
    const float* scales = nullptr;  // [tiles, cols]: those of segment s from tile first_row / 128 + s on
};
/// Segment s is rows [begin[s], begin[s + 1]). What was stored in tiles along the row is widened and quantised again: a
/// scale must be constant over what one sum of 128 products runs over. Scratch, unless `x` is of `type` and not E4M3.
Columns columns(const Context& c, tensor::DType type, const StoredTensor& x, std::span<const std::int64_t> begin);

/// A gradient as both of its products read it; each rounded from F32.
struct StoredGradient {
    StoredTensor rows;
    Columns columns;
};
StoredGradient stored_gradient(const Context& c, tensor::DType type, const float* dy, std::int64_t cols,
                               std::span<const std::int64_t> begin);

}  // namespace ergon::train
