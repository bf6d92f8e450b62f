#pragma once
// A tensor as it lies in a file or in a caller's buffer: type, shape, bytes. It owns nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tensor/dtype.h"

namespace ergon::tensor {

/// Up to four extents, slowest first as in PyTorch: a linear layer is [out, in], stacked experts are [experts, out,
/// in].
class Shape {
  public:
    static constexpr int max_rank = 4;
    Shape() = default;
    Shape(std::initializer_list<std::int64_t> extents);
    explicit Shape(std::span<const std::int64_t> extents);

    int rank() const { return rank_; }
    std::int64_t operator[](int axis) const { return extents_[axis]; }
    std::int64_t last() const { return rank_ == 0 ? 1 : (*this)[rank_ - 1]; }
    /// The product of all extents; 1 for a scalar. Whoever makes a Shape from outside data checks that this fits 63
    /// bits.
    std::int64_t values() const;
    /// Product of all extents but the last.
    std::int64_t rows() const { return last() == 0 ? 0 : values() / last(); }
    bool operator==(const Shape&) const = default;
    std::string text() const;  // "[2048, 1024]"

  private:
    std::array<std::int64_t, max_rank> extents_{};
    int rank_ = 0;
};

/// A named, typed view of bytes in row-major order; each row (last axis) is a whole number of blocks.
struct TensorView {
    std::string name;
    DType type = DType::f32;
    Shape shape;
    std::span<const std::byte> bytes;

    std::int64_t row_bytes() const { return shape.last() / info(type).block_values * info(type).block_bytes; }
    std::span<const std::byte> row(std::int64_t r) const { return bytes.subspan(r * row_bytes(), row_bytes()); }
};

}  // namespace ergon::tensor
