#include "formats/tensor_ranges.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <tuple>

#include "base/checked.h"
#include "base/error.h"
#include "formats/byte_reader.h"

namespace ergon::formats {

using base::ErrorCode;

std::int64_t stored_bytes(std::string_view file, std::string_view tensor, tensor::DType type,
                          std::span<const std::int64_t> extents, ErrorCode code) {
    const auto fail_size = [&] {
        base::fail(code, "{}: the shape [{}] of tensor {} is larger than any file can hold", file,
                   fmt::join(extents, ", "), shown(tensor));
    };
    if (extents.size() > tensor::Shape::max_rank) {
        base::fail(ErrorCode::unsupported, "{}: tensor {} has {} dimensions; at most {} are supported", file,
                   shown(tensor), extents.size(), tensor::Shape::max_rank);
    }
    // A zero extent empties the tensor; it must not hide that the others' product overflows.
    std::int64_t values = 1;
    bool empty = false;
    for (const std::int64_t extent : extents) {
        const auto product = base::checked_multiply(values, std::max<std::int64_t>(extent, 1));
        if (extent < 0 || !product) fail_size();
        values = *product;
        empty = empty || extent == 0;
    }
    const std::int64_t row = extents.empty() ? 1 : extents.back();
    if (row % tensor::info(type).block_values != 0) {
        base::fail(code, "{}: tensor {} has rows of {} values, which {} cannot store: it takes blocks of {}", file,
                   shown(tensor), row, tensor::name(type), tensor::info(type).block_values);
    }
    const auto bytes = tensor::storage_bytes(type, empty ? 0 : values);
    if (!bytes) fail_size();
    return *bytes;
}

void sort_disjoint(std::string_view file, std::vector<TensorRange>& ranges) {
    std::sort(ranges.begin(), ranges.end(), [](const TensorRange& a, const TensorRange& b) {
        return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    std::uint64_t end = 0;
    std::string_view before;
    for (const TensorRange& range : ranges) {
        if (range.begin < end) {
            base::fail(ErrorCode::bad_file, "{}: tensors {} and {} overlap at byte {} of the data; the file is damaged",
                       file, shown(before), shown(range.tensor), range.begin);
        }
        end = range.end;
        before = range.tensor;
    }
}

}  // namespace ergon::formats
