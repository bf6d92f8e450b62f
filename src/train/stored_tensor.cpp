#include "train/stored_tensor.h"

#include <algorithm>
#include <cstring>

#include "kernels/convert.h"
#include "train/layers/layer.h"

namespace ergon::train {
namespace {

using tensor::DType;

std::int64_t value_bytes(DType type) {
    return tensor::info(type).block_bytes;
}

/// Rows [row, row + rows) and columns [col, col + cols) of x, both at most 128, to one scale for each column.
void quantise_down(const StoredTensor& x, std::int64_t row, std::int64_t rows, std::int64_t col, std::int64_t cols,
                   std::uint8_t* y, float* scales) {
    float block[tile][tile];
    std::fill_n(scales, cols, 0.0f);
    for (std::int64_t r = 0; r < rows; ++r) {
        x.widen(row + r, col, cols, block[r]);
        kernels::largest_magnitudes(block[r], cols, scales);
    }
    for (std::int64_t i = 0; i < cols; ++i) scales[i] = kernels::f8_scale(scales[i]);
    for (std::int64_t r = 0; r < rows; ++r) kernels::to_f8_each(block[r], scales, cols, y + r * x.cols);
}

Columns quantised_columns(const Context& c, const StoredTensor& x, std::span<const std::int64_t> begin) {
    const std::int64_t segments = std::ssize(begin) - 1, rows = begin.back();
    auto* const data = c.arena.take<std::uint8_t>(rows * x.cols);
    float* const scales = c.arena.take((rows / tile + segments) * x.cols);
    struct Block {
        std::int64_t row, rows, scale;
    };
    std::vector<Block> blocks;
    for (std::int64_t s = 0; s < segments; ++s) {
        const std::int64_t first = begin[s], end = begin[s + 1];
        for (std::int64_t row = first; row < end; row += tile) {
            blocks.push_back({row, std::min(tile, end - row), first / tile + s + (row - first) / tile});
        }
    }
    const std::int64_t across = tiles(x.cols);
    c.pool.run(std::ssize(blocks) * across, 1, [&](std::int64_t from, std::int64_t to, int) {
        for (std::int64_t i = from; i < to; ++i) {
            const Block& b = blocks[i / across];
            const std::int64_t col = i % across * tile;
            quantise_down(x, b.row, b.rows, col, std::min(tile, x.cols - col), data + b.row * x.cols + col,
                          scales + b.scale * x.cols + col);
        }
    });
    return {DType::f8_e4m3, x.cols, data, scales};
}

}  // namespace

StoredTensor StoredTensor::take(Arena& arena, DType type, std::int64_t rows, std::int64_t cols) {
    StoredTensor h{type, cols, arena.take<std::byte>(rows * cols * value_bytes(type)), nullptr};
    if (type == DType::f8_e4m3) h.scales = arena.take(rows * tiles(cols));
    return h;
}

void StoredTensor::widen(std::int64_t row, std::int64_t begin, std::int64_t count, float* x) const {
    const std::int64_t at = row * cols + begin;
    if (type == DType::f32) {
        std::copy_n(static_cast<const float*>(data) + at, count, x);
    } else if (type == DType::bf16) {
        kernels::from_bf16(static_cast<const std::uint16_t*>(data) + at, count, x);
    } else {
        const auto* codes = static_cast<const std::uint8_t*>(data) + at;
        const float* scale = scales + row * tiles(cols) + begin / tile;
        for (std::int64_t i = 0; i < count; i += tile)
            kernels::from_f8(codes + i, *scale++, std::min(tile, count - i), x + i);
    }
}

float* draft(const Context& c, std::int64_t rows, const StoredTensor& to) {
    return to.type == DType::f32 ? static_cast<float*>(to.data) : c.arena.take(rows * to.cols);
}

void store(const Context& c, std::int64_t rows, const float* x, const StoredTensor& to) {
    if (to.data == x) return;
    c.pool.for_each(rows, [&](std::int64_t r) {
        const std::int64_t at = r * to.cols;
        if (to.type == DType::f32) {
            std::copy_n(x + at, to.cols, static_cast<float*>(to.data) + at);
        } else if (to.type == DType::bf16) {
            kernels::to_bf16(x + at, to.cols, static_cast<std::uint16_t*>(to.data) + at);
        } else {
            for (std::int64_t i = 0; i < to.cols; i += tile) {
                const std::int64_t count = std::min(tile, to.cols - i);
                const float scale = kernels::f8_scale(kernels::largest_magnitude(x + at + i, count));
                to.scales[r * tiles(to.cols) + i / tile] = scale;
                kernels::to_f8(x + at + i, scale, count, static_cast<std::uint8_t*>(to.data) + at + i);
            }
        }
    });
}

StoredTensor to_stored(const Context& c, DType type, std::int64_t rows, const float* x, std::int64_t cols) {
    if (type == DType::f32) return StoredTensor::of(x, cols);
    const StoredTensor h = StoredTensor::take(c.arena, type, rows, cols);
    store(c, rows, x, h);
    return h;
}

float* widened(const Context& c, std::int64_t rows, const StoredTensor& x) {
    if (x.type == DType::f32) return static_cast<float*>(x.data);
    float* const wide = c.arena.take(rows * x.cols);
    c.pool.for_each(rows, [&](std::int64_t r) { x.widen(r, 0, x.cols, wide + r * x.cols); });
    return wide;
}

StoredTensor gathered(const Context& c, const StoredTensor& x, std::span<const std::int32_t> rows) {
    const StoredTensor y = StoredTensor::take(c.arena, x.type, std::ssize(rows), x.cols);
    const std::int64_t bytes = x.cols * value_bytes(x.type), scales = tiles(x.cols);
    c.pool.for_each(std::ssize(rows), [&](std::int64_t r) {
        const std::int64_t from = rows[r];
        std::memcpy(static_cast<std::byte*>(y.data) + r * bytes, static_cast<const std::byte*>(x.data) + from * bytes,
                    static_cast<std::size_t>(bytes));
        if (x.scales != nullptr) std::copy_n(x.scales + from * scales, scales, y.scales + r * scales);
    });
    return y;
}

Columns columns(const Context& c, DType type, const StoredTensor& x, std::span<const std::int64_t> begin) {
    if (type == DType::f8_e4m3) return quantised_columns(c, x, begin);
    if (x.type == type) return {type, x.cols, x.data, nullptr};
    const StoredTensor h = to_stored(c, type, begin.back(), widened(c, begin.back(), x), x.cols);
    return {type, x.cols, h.data, nullptr};
}

StoredGradient stored_gradient(const Context& c, DType type, const float* dy, std::int64_t cols,
                               std::span<const std::int64_t> begin) {
    const StoredTensor rows = to_stored(c, type, begin.back(), dy, cols);
    return {rows, columns(c, type, type == DType::f8_e4m3 ? StoredTensor::of(dy, cols) : rows, begin)};
}

}  // namespace ergon::train
