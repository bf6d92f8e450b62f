#pragma once
// Which number format what is held in while training (DeepSeek-V3, section 3.3).

#include <cstdint>

#include "tensor/dtype.h"

namespace ergon::train {

/// Master weights, their gradients, sums of products, norms, the router and attention itself are F32 in each.
enum class Precision : std::uint8_t {
    fp32,
    bf16,  // what linear layers multiply, and the optimiser's moments: BF16
    fp8,   // what the linear layers of attention and feed-forward multiply: E4M3; the others' and the moments: BF16
};

/// Of the factors in the products of attention's projections and of feed-forward layers.
inline tensor::DType linear_type(Precision p) {
    return p == Precision::fp32   ? tensor::DType::f32
           : p == Precision::bf16 ? tensor::DType::bf16
                                  : tensor::DType::f8_e4m3;
}
/// Of the factors in the products of the output head and of multi-token prediction, of the moments, and of the experts'
/// outputs that are kept.
inline tensor::DType wide_type(Precision p) {
    return p == Precision::fp32 ? tensor::DType::f32 : tensor::DType::bf16;
}

}  // namespace ergon::train
