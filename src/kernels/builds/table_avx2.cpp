#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/builds/table.h"
#include "kernels/lanes_avx2.h"
#include "kernels/packed_layout.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace avx2_build {

#include "kernels/generic/build.inc"

}  // namespace avx2_build

const KernelTable& avx2_table() {
    static const KernelTable built = avx2_build::make_table();
    return built;
}

}  // namespace ergon::kernels
