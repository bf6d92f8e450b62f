#pragma once
// Weights re-laid for reading once, in order: 16 rows side by side (docs/kernels.md).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/threads.h"
#include "tensor/tensor.h"

namespace ergon::kernels {

/// One scale belongs to a block of F8_E4M3 weights of this many rows and columns (DeepSeek-V3, section 3.3.2).
inline constexpr std::int64_t f8_block = 128;

/// The matrices of a tensor [rows, cols] or [count, rows, cols]. Throws Error(bad_file) for other shapes.
std::vector<tensor::TensorView> matrices_of(const tensor::TensorView& stack);

/// One or more matrices [rows, cols] of one type (the experts of a layer are one PackedMatrix), owned, in groups of 16
/// rows. A product with one row of activations and with many reads the same bytes in the same order.
class PackedMatrix {
  public:
    /// Rows that lie side by side. Sixteen 32-bit lanes: one AVX-512 register or two AVX2 registers.
    static constexpr std::int64_t group_rows = 16;

    PackedMatrix() = default;

    /// Re-lays a tensor [rows, cols] or [count, rows, cols]. F64 and integers are rounded to F32, F8_E5M2 widened to
    /// F16. Throws Error(unsupported) for types that cannot be weights.
    static PackedMatrix pack(const tensor::TensorView& weights, base::ThreadPool& pool);
    /// Several tensors of one type and shape [rows, cols] as one stack.
    static PackedMatrix pack(std::span<const tensor::TensorView> weights, base::ThreadPool& pool);
    /// F8_E4M3 weights with scales [ceil(rows/128), ceil(cols/128)] (F32) for each: stays in 8 bits.
    static PackedMatrix pack_f8(std::span<const tensor::TensorView> weights, std::span<const tensor::TensorView> scales,
                                base::ThreadPool& pool);

    bool empty() const { return count_ == 0; }
    std::int64_t count() const { return count_; }
    std::int64_t rows() const { return rows_; }
    std::int64_t cols() const { return cols_; }
    std::int64_t groups() const { return (rows_ + group_rows - 1) / group_rows; }
    tensor::DType type() const { return type_; }
    /// Whether products take activations quantised to 8 bits (block-quantised weights) or plain F32.
    bool quantised() const { return tensor::is_quantised(type_); }
    /// Bytes that one product with one of the matrices reads.
    std::int64_t matrix_bytes() const { return matrix_bytes_; }
    const std::byte* matrix(std::int64_t index) const { return data_.get() + index * matrix_bytes_; }

  private:
    struct Unmap {
        Unmap() : size(0) {}
        explicit Unmap(std::size_t bytes) : size(bytes) {}
        std::size_t size;
        void operator()(std::byte* data) const;
    };
    tensor::DType type_ = tensor::DType::f32;
    std::int64_t count_ = 0, rows_ = 0, cols_ = 0, matrix_bytes_ = 0;
    std::unique_ptr<std::byte[], Unmap> data_;

    void allocate(tensor::DType type, std::int64_t count, std::int64_t rows, std::int64_t cols);
};

}  // namespace ergon::kernels
