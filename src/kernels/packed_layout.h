#pragma once
// How block-quantised weights lie in a PackedMatrix, known to the packer and to the kernels.
//
// A matrix is a sequence of groups of 16 rows; a group is a sequence of *spans* (as many values of each row as share a
// scale: 32, or 256 for the K types); a span is a head and its *tiles* of 32 values of each row:
//
//   span:  d     16 x F16 (MXFP4: 16 x E8M0)         scale of each row
//          m     16 x F16, if the type has minima    Q4_1, Q5_1: minimum; Q2_K, Q4_K, Q5_K: scale of the minima
//          tiles
//   tile:  s     16 bytes for each half that has a scale of its own (one or two)
//          n     16 bytes: minima of the sub-blocks (Q4_K, Q5_K); Q2_K keeps scale and minimum in one byte of s
//          codes planes of 64 bytes
//
// Codes: value k = 4g + i of row r (g < 8, i < 4) stands at byte 4r + i of a plane, so that a 32-bit lane holds four
// values of one row:
//   4 bits: plane g % 4, low nibble for g < 4, else high
//   2 bits: plane g / 4, bits 2(g % 4)
//   1 bit:  bit g
//   8 bits: plane g
// A code of 5, 6 or 3 bits is a plane set of its low bits followed by one of its high bits.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/packed_matrix.h"
#include "tensor/dtype.h"

namespace ergon::kernels {

/// What the sub-blocks of a span have of their own.
enum class SubScales : std::uint8_t { none, one, two };         // per tile: none, one, or one for each half
enum class Minima : std::uint8_t { none, span, tile, halves };  // of the span, of each tile, of each half tile

/// What a code stands for: itself, or a place in a list.
enum class Codebook : std::uint8_t { linear, iq4, fp4 };

/// IQ4_NL's and IQ4_XS's values.
inline constexpr std::int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                               1,    13,   25,  38,  53,  69,  89,  113};
/// MXFP4's values (E2M1), doubled to be integers.
inline constexpr std::int8_t fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Sixteen values; of a codebook that is not linear.
constexpr const std::int8_t* codebook_values(Codebook codebook) {
    return codebook == Codebook::iq4 ? iq4_values : fp4_values;
}

struct BlockLayout {
    int bits = 0;    // of a code
    int offset = 0;  // value = d * scale * (code - offset)
    int max_code = 0;
    Codebook codebook = Codebook::linear;  // or: value = d * scale * codebook_values(codebook)[code]
    std::int64_t span_tiles = 1;           // 8 for the K types
    SubScales scales = SubScales::none;
    Minima minima = Minima::none;
    bool e8m0 = false;  // d is a power of two, halved (the values are doubled)

    constexpr std::int64_t code_bytes() const { return 64 * bits; }
    constexpr std::int64_t scale_bytes() const {
        return scales == SubScales::none ? 0 : scales == SubScales::one ? 16 : 32;
    }
    constexpr std::int64_t tile_head() const { return scale_bytes() + (minima == Minima::tile ? 16 : 0); }
    constexpr std::int64_t tile_bytes() const { return tile_head() + code_bytes(); }
    constexpr std::int64_t span_head() const { return e8m0 ? 16 : minima == Minima::none ? 32 : 64; }
    constexpr std::int64_t span_bytes() const { return span_head() + span_tiles * tile_bytes(); }
    constexpr std::int64_t span_values() const { return 32 * span_tiles; }
};

constexpr BlockLayout block_layout(tensor::DType type) {
    using tensor::DType;
    switch (type) {
        case DType::q4_0: return {.bits = 4, .offset = 8, .max_code = 15};
        case DType::q4_1: return {.bits = 4, .max_code = 15, .minima = Minima::span};
        case DType::q5_0: return {.bits = 5, .offset = 16, .max_code = 31};
        case DType::q5_1: return {.bits = 5, .max_code = 31, .minima = Minima::span};
        case DType::q8_0: return {.bits = 8};
        case DType::iq4_nl: return {.bits = 4, .codebook = Codebook::iq4};
        case DType::mxfp4: return {.bits = 4, .codebook = Codebook::fp4, .e8m0 = true};
        case DType::q2_k:
            return {.bits = 2, .max_code = 3, .span_tiles = 8, .scales = SubScales::two, .minima = Minima::halves};
        case DType::q3_k: return {.bits = 3, .offset = 4, .max_code = 7, .span_tiles = 8, .scales = SubScales::two};
        case DType::q4_k:
            return {.bits = 4, .max_code = 15, .span_tiles = 8, .scales = SubScales::one, .minima = Minima::tile};
        case DType::q5_k:
            return {.bits = 5, .max_code = 31, .span_tiles = 8, .scales = SubScales::one, .minima = Minima::tile};
        case DType::q6_k: return {.bits = 6, .offset = 32, .max_code = 63, .span_tiles = 8, .scales = SubScales::two};
        case DType::iq4_xs: return {.bits = 4, .codebook = Codebook::iq4, .span_tiles = 8, .scales = SubScales::one};
        default: return {};
    }
}

/// F8_E4M3: for each 128 values of the row one F32 scale (padded to 16 bytes), then [k][16 rows] bytes.
inline constexpr std::int64_t f8_scale_bytes = 16;

/// Bytes of a group of 16 rows of float weights: [k][16 rows], F8_E4M3 with its scales.
constexpr std::int64_t float_group_bytes(tensor::DType type, std::int64_t cols) {
    switch (type) {
        case tensor::DType::f32: return 64 * cols;
        case tensor::DType::f16:
        case tensor::DType::bf16: return 32 * cols;
        case tensor::DType::f8_e4m3: return 16 * cols + (cols + f8_block - 1) / f8_block * f8_scale_bytes;
        default: return 0;
    }
}

/// A block of 32 columns of a panel (QuantisedRows), for `rows` digits of rows:
/// int8 q[rows][32], then float d[rows], int32 first[rows], second[rows], sum[rows] (of q, over halves and all), float
/// scaled_sum[rows]. `Byte` is std::byte to write and const std::byte to read.
template <typename Byte>
struct PanelBlock {
    template <typename T>
    using Pointer = std::conditional_t<std::is_const_v<Byte>, const T*, T*>;
    Pointer<std::int8_t> q;
    Pointer<float> d;
    Pointer<std::int32_t> first;
    Pointer<std::int32_t> second;
    Pointer<std::int32_t> sum;
    Pointer<float> scaled_sum;

    PanelBlock(Byte* at, std::int64_t rows)
        : q(reinterpret_cast<Pointer<std::int8_t>>(at)),
          d(reinterpret_cast<Pointer<float>>(at + 32 * rows)),
          first(reinterpret_cast<Pointer<std::int32_t>>(at + 36 * rows)),
          second(first + rows),
          sum(second + rows),
          scaled_sum(reinterpret_cast<Pointer<float>>(sum + rows)) {}
};

}  // namespace ergon::kernels
