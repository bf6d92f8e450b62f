#include "tensor/dtype.h"

#include <array>

#include "base/checked.h"

namespace ergon::tensor {
namespace {

constexpr std::array<DTypeInfo, dtype_count> table{{
    {"F32", 1, 4},        {"F16", 1, 2},      {"BF16", 1, 2},     {"F64", 1, 8},      {"I8", 1, 1},
    {"I16", 1, 2},        {"I32", 1, 4},      {"I64", 1, 8},      {"U8", 1, 1},       {"BOOL", 1, 1},
    {"F8_E4M3", 1, 1},    {"F8_E5M2", 1, 1},  {"F8_E8M0", 1, 1},  {"Q4_0", 32, 18},   {"Q4_1", 32, 20},
    {"Q5_0", 32, 22},     {"Q5_1", 32, 24},   {"Q8_0", 32, 34},   {"IQ4_NL", 32, 18}, {"MXFP4", 32, 17},
    {"Q2_K", 256, 84},    {"Q3_K", 256, 110}, {"Q4_K", 256, 144}, {"Q5_K", 256, 176}, {"Q6_K", 256, 210},
    {"IQ4_XS", 256, 136},
}};

}  // namespace

const DTypeInfo& info(DType type) {
    return table[static_cast<std::size_t>(type)];
}

std::optional<std::int64_t> storage_bytes(DType type, std::int64_t values) {
    const DTypeInfo& t = info(type);
    if (values < 0 || values % t.block_values != 0) return std::nullopt;
    return base::checked_multiply(values / t.block_values, t.block_bytes);
}

}  // namespace ergon::tensor
