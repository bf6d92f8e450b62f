#pragma once
// Reads every byte that a parser handed out, so that the address sanitizer sees one that lies outside of the input.

#include <cstddef>
#include <cstdlib>
#include <vector>

#include "tensor/tensor.h"

namespace ergon::fuzz {

/// Aborts, for the fuzzer to notice, if a tensor's bytes are neither absent nor of the size that its type and shape
/// take.
inline void touch_tensors(const std::vector<tensor::TensorView>& tensors) {
    for (const tensor::TensorView& tensor : tensors) {
        const auto size = tensor::storage_bytes(tensor.type, tensor.shape.values());
        if (!size || (!tensor.bytes.empty() && tensor.bytes.size() != static_cast<std::size_t>(*size))) std::abort();
        volatile unsigned sum = 0;
        for (const std::byte byte : tensor.bytes) sum = sum + std::to_integer<unsigned>(byte);
    }
}

}  // namespace ergon::fuzz
