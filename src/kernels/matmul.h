#pragma once
// Products of weights with activations: y[t, r] = sum over k of w[r, k] * x[t, k].
//
// Definition (contract 2 of docs/architecture.md). Float weights (F32, F16, BF16, F8_E4M3 times its block's scale,
// rounded to F32): one FMA per k, ascending, from 0. Block-quantised weights meet activations quantised per 32 values
// (quantise_rows); for each block of 32, ascending:
//   y = fma(float(I), d_w * d_x, y), I the exact integer sum (sub-block scales of the K types are part of it), and for
//   types with minima y = fma(m, s_x, y) after it, s_x = d_x * float(sum of the quantised activations);
// with two digits, then the same for the second digit: what 8 bits left over (x - d_x * q, rounded), quantised again.
// So the result does not depend on how many rows of activations come together, nor on who computes which output.

#include <cstdint>
#include <span>
#include <vector>

#include "base/threads.h"
#include "kernels/packed_matrix.h"

namespace ergon::kernels {

/// Rows of activations, F32: row t is x + index[t] * stride, or x + t * stride without an index.
struct Rows {
    const float* x = nullptr;
    std::int64_t stride = 0;
    std::int64_t count = 0;
    const std::int32_t* index = nullptr;

    const float* row(std::int64_t t) const { return x + (index != nullptr ? index[t] : t) * stride; }
};

/// How finely activations are quantised: one digit of 8 bits, or two (about 15 bits) where errors cost most
/// (docs/kernels.md).
enum class Digits : std::uint8_t { one = 1, two = 2 };

/// The same rows quantised to 8 bits per 32 columns, laid out in panels for the products. Segments (the tokens of one
/// expert) are quantised together but used apart.
class QuantisedRows {
  public:
    /// Digits of rows that share one pass over the weights' unpacked blocks. A row's second digit follows its first.
    static constexpr std::int64_t panel_rows = 32;
    /// Bytes for one digit of a row and one block: 32 values, d, sums of both halves, sum, d * sum.
    static constexpr std::int64_t row_block_bytes = 52;

    /// Quantises rows [count, cols]; cols must be a multiple of 32. `segments` are row counts that add up to
    /// rows.count. Returns the workers' busy time.
    base::Nanoseconds quantise(const Rows& rows, std::int64_t cols, std::span<const std::int64_t> segments,
                               base::ThreadPool& pool, Digits digits = Digits::one);
    base::Nanoseconds quantise(const Rows& rows, std::int64_t cols, base::ThreadPool& pool,
                               Digits digits = Digits::one) {
        return quantise(rows, cols, std::span(&rows.count, 1), pool, digits);
    }

    std::int64_t cols() const { return cols_; }
    Digits digits() const { return digits_; }
    const std::byte* segment(std::int64_t index) const { return data_.data() + segment_begin_[index]; }

  private:
    std::int64_t cols_ = 0;
    Digits digits_ = Digits::one;
    std::vector<std::int64_t> segment_begin_;
    std::vector<std::byte> data_;
};

/// One product. `rows` always describes the activations; `quantised` (with `segment`) is needed where
/// weights->quantised().
struct Product {
    const PackedMatrix* weights = nullptr;
    std::int64_t matrix = 0;  // which of the stack
    Rows rows;
    const QuantisedRows* quantised = nullptr;
    std::int64_t segment = 0;
    float* y = nullptr;  // row t of the result is y + t * y_stride
    std::int64_t y_stride = 0;
};

/// Runs products that do not depend on each other as one parallel loop. Returns the workers' busy time.
base::Nanoseconds matmul(std::span<const Product> products, base::ThreadPool& pool);

}  // namespace ergon::kernels
