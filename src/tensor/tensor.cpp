#include "tensor/tensor.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace ergon::tensor {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::span<const std::int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const std::int64_t> extents) {
    if (extents.size() > max_rank) {
        base::fail(base::ErrorCode::unsupported, "a tensor has {} dimensions; at most {} are supported", extents.size(),
                   max_rank);
    }
    for (const std::int64_t extent : extents) extents_[rank_++] = extent;
}

std::int64_t Shape::values() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= (*this)[axis];
    return product;
}

std::string Shape::text() const {
    return fmt::format("[{}]", fmt::join(extents_.begin(), extents_.begin() + rank_, ", "));
}

}  // namespace ergon::tensor
