#pragma once
// One block of quantised weights as it stands in files, taken apart into codes and scales (docs/formats.md).

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace ergon::kernels {

/// value i = d * scale[i / sub] * (code, or values[code], minus the layout's offset) - or, for types with minima, plus
/// m (Q4_1, Q5_1), or minus m * minimum[i / sub]. `sub` is 16 for types with two scales a tile, else 32. Scales that a
/// type has not are 1.
struct BlockCodes {
    std::uint16_t d = 0;  // F16 bits; MXFP4: the E8M0 byte
    std::uint16_t m = 0;  // F16 bits
    std::uint8_t code[256];
    std::int8_t scale[16];
    std::uint8_t minimum[16];
};

/// Takes one block apart. `type` must be block-quantised.
void read_block(tensor::DType type, const std::byte* block, BlockCodes& out);

}  // namespace ergon::kernels
