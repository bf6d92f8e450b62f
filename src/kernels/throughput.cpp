#include "kernels/throughput.h"

#include <cmath>

#include "base/error.h"
#include "kernels/builds/table.h"

namespace ergon::kernels {
namespace {

void check(bool right) {
    if (!right) {
        base::fail(base::ErrorCode::unsupported,
                   "The {} build gives wrong results on this processor; please report it.", name(current_isa()));
    }
}

}  // namespace

std::int64_t run_float_chains(std::int64_t rounds) {
    // x = x / 2 + 1 from 0 gives 2 - 2^(1 - rounds), exactly up to 24 rounds, and 2 after.
    const float expected = rounds > 24 ? 2.0f : 2.0f - std::ldexp(1.0f, static_cast<int>(1 - rounds));
    check(table().float_chains(rounds) == expected);
    return rounds * table().float_operations;
}

std::int64_t run_byte_chains(std::int64_t rounds) {
    rounds &= ~std::int64_t{3};                           // four rounds give 32 * 3 * (1 + 2 + 3 + 4)
    constexpr std::int64_t most = std::int64_t{1} << 18;  // sums of all lanes stay below 2^31
    std::int64_t left = rounds;
    for (; left > 0; left -= most) {
        const std::int64_t some = left < most ? left : most;
        check(table().byte_chains(some) == some / 4 * 960);
    }
    return rounds * table().byte_operations;
}

}  // namespace ergon::kernels
