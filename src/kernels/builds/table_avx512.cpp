#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/builds/table.h"
#include "kernels/lanes_avx512.h"
#include "kernels/packed_layout.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace avx512_build {

#include "kernels/generic/build.inc"

}  // namespace avx512_build

const KernelTable& avx512_table() {
    static const KernelTable built = avx512_build::make_table();
    return built;
}

}  // namespace ergon::kernels
