#pragma once
// Number formats, with the sizes of their blocks. The layouts are those of GGUF and safetensors.

#include <cstdint>
#include <optional>
#include <string_view>

namespace ergon::tensor {

enum class DType : std::uint8_t {
    // plain numbers
    f32,
    f16,
    bf16,
    f64,
    i8,
    i16,
    i32,
    i64,
    u8,
    boolean,
    f8_e4m3,
    f8_e5m2,
    f8_e8m0,
    // blocks of 32
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q8_0,
    iq4_nl,
    mxfp4,
    // blocks of 256
    q2_k,
    q3_k,
    q4_k,
    q5_k,
    q6_k,
    iq4_xs,
};
inline constexpr int dtype_count = static_cast<int>(DType::iq4_xs) + 1;

struct DTypeInfo {
    std::string_view name;      // "Q4_K"
    std::int64_t block_values;  // numbers in a block; 1 for plain numbers
    std::int64_t block_bytes;   // bytes of a block as stored in files
};

const DTypeInfo& info(DType type);

inline std::string_view name(DType type) {
    return info(type).name;
}
inline bool is_quantised(DType type) {
    return info(type).block_values > 1;
}

/// Bytes of `values` numbers, which must fill whole blocks: nullopt if they do not, or if the size overflows.
std::optional<std::int64_t> storage_bytes(DType type, std::int64_t values);

}  // namespace ergon::tensor
