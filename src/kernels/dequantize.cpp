// Any weight type to F32, one row at a time, in plain code.

#include <cstring>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/packed_layout.h"
#include "kernels/quant_blocks.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace {

using tensor::DType;

template <typename Stored, typename Widen>
void widen_plain(const std::byte* row, std::int64_t n, float* y, const Widen& widen) {
    for (std::int64_t i = 0; i < n; ++i) {
        Stored value;
        std::memcpy(&value, row + i * static_cast<std::int64_t>(sizeof value), sizeof value);
        y[i] = widen(value);
    }
}

void widen_block(DType type, const BlockLayout& layout, const std::byte* block, float* y) {
    BlockCodes b;
    read_block(type, block, b);
    const float d =
        layout.e8m0 ? tensor::f8_e8m0_to_f32(static_cast<std::uint8_t>(b.d)) * 0.5f : tensor::f16_to_f32(b.d);
    const float m = layout.minima == Minima::none ? 0.0f : tensor::f16_to_f32(b.m);
    const std::int64_t sub = layout.scales == SubScales::two ? 16 : 32;
    for (std::int64_t i = 0; i < layout.span_values(); ++i) {
        const int code = layout.codebook != Codebook::linear ? codebook_values(layout.codebook)[b.code[i]]
                         : layout.bits == 8                  ? static_cast<std::int8_t>(b.code[i])
                                                             : b.code[i] - layout.offset;
        const float scale = layout.scales == SubScales::none ? d : d * static_cast<float>(b.scale[i / sub]);
        const float product = scale * static_cast<float>(code);
        y[i] = layout.minima == Minima::none   ? product
               : layout.minima == Minima::span ? product + m
                                               : product - m * static_cast<float>(b.minimum[i / sub]);
    }
}

}  // namespace

void dequantize_row(DType type, const std::byte* row, std::int64_t n, float* y) {
    switch (type) {
        case DType::f32: std::memcpy(y, row, static_cast<std::size_t>(n) * sizeof(float)); return;
        case DType::f16: return widen_plain<std::uint16_t>(row, n, y, tensor::f16_to_f32);
        case DType::bf16: return widen_plain<std::uint16_t>(row, n, y, tensor::bf16_to_f32);
        case DType::f64: return widen_plain<double>(row, n, y, [](double v) { return static_cast<float>(v); });
        case DType::i8: return widen_plain<std::int8_t>(row, n, y, [](auto v) { return static_cast<float>(v); });
        case DType::i16: return widen_plain<std::int16_t>(row, n, y, [](auto v) { return static_cast<float>(v); });
        case DType::i32: return widen_plain<std::int32_t>(row, n, y, [](auto v) { return static_cast<float>(v); });
        case DType::i64: return widen_plain<std::int64_t>(row, n, y, [](auto v) { return static_cast<float>(v); });
        case DType::f8_e4m3: return widen_plain<std::uint8_t>(row, n, y, tensor::f8_e4m3_to_f32);
        case DType::f8_e5m2: return widen_plain<std::uint8_t>(row, n, y, tensor::f8_e5m2_to_f32);
        case DType::f8_e8m0: return widen_plain<std::uint8_t>(row, n, y, tensor::f8_e8m0_to_f32);
        case DType::u8:
        case DType::boolean:
            base::fail(base::ErrorCode::unsupported, "numbers of type {} cannot be weights", tensor::name(type));
        default: break;
    }
    const BlockLayout layout = block_layout(type);
    const std::int64_t bytes = tensor::info(type).block_bytes;
    for (std::int64_t i = 0; i < n; i += layout.span_values(), row += bytes) widen_block(type, layout, row, y + i);
}

}  // namespace ergon::kernels
