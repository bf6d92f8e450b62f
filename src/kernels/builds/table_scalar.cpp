#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/builds/table.h"
#include "kernels/lanes_scalar.h"
#include "kernels/packed_layout.h"
#include "tensor/float_bits.h"

namespace ergon::kernels {
namespace scalar_build {

#include "kernels/generic/build.inc"

}  // namespace scalar_build

const KernelTable& scalar_table() {
    static const KernelTable built = scalar_build::make_table();
    return built;
}

}  // namespace ergon::kernels
