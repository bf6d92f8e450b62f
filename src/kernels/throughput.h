#pragma once
// The most multiply-adds that one core can do with the build in use: what no product can exceed.

#include <cstdint>

namespace ergon::kernels {

/// Operations (a multiply and an add count as two) that `rounds` rounds of multiply-adds on F32 in registers take.
/// Throws Error(unsupported) if the result is not what it must be.
std::int64_t run_float_chains(std::int64_t rounds);
/// The same for products of bytes summed in 32 bits, as they occur in products with quantised weights.
std::int64_t run_byte_chains(std::int64_t rounds);

}  // namespace ergon::kernels
