#pragma once
// The names by which safetensors calls its types. They are those of tensor::DType.

#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace ergon::formats {

/// nullopt for what ergon cannot read (unsigned integers beyond 8 bits, F4, ...).
inline std::optional<tensor::DType> dtype_of_safetensors_name(std::string_view name) {
    for (int i = 0; i < tensor::dtype_count; ++i) {
        const auto type = static_cast<tensor::DType>(i);
        if (!tensor::is_quantised(type) && tensor::name(type) == name) return type;
    }
    return std::nullopt;
}

}  // namespace ergon::formats
