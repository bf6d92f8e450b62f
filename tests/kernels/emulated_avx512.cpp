// The AVX-512 build of the kernels, run by emulation.

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

// Before the lanes, which use them.
#include "kernels/emulated_avx512_intrinsics.h"
// clang-format off
#include "emulated_lanes_avx512.h"  // made from src/kernels/lanes_avx512.h
// clang-format on
#include "kernels/builds/table.h"
#include "kernels/packed_layout.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace emulated_avx512_build {

#include "kernels/generic/build.inc"

}  // namespace emulated_avx512_build

const KernelTable& emulated_avx512_table() {
    static const KernelTable built = emulated_avx512_build::make_table();
    return built;
}

}  // namespace ergon::kernels
