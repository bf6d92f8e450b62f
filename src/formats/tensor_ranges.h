#pragma once
// What GGUF and safetensors check alike: how many bytes a tensor takes, and that no two tensors share a byte.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tensor/tensor.h"

namespace ergon::formats {

/// Bytes of a tensor as stored. `file` and `tensor` name it in errors: Error(`code`) for extents whose product, or any
/// part of it, does not fit 63 bits, and for rows that are not whole blocks; Error(unsupported) for more dimensions
/// than ergon knows.
std::int64_t stored_bytes(std::string_view file, std::string_view tensor, tensor::DType type,
                          std::span<const std::int64_t> extents, base::ErrorCode code = base::ErrorCode::bad_file);

/// Where a tensor's data lie, as offsets from the start of the data; `end` is one beyond.
struct TensorRange {
    std::uint64_t begin;
    std::uint64_t end;
    std::string_view tensor;
};

/// Puts the ranges in the order of their bytes. Throws Error(bad_file) naming two tensors that overlap.
void sort_disjoint(std::string_view file, std::vector<TensorRange>& ranges);

}  // namespace ergon::formats
