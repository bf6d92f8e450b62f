#pragma once
// The numbers by which GGUF names the types of metadata and of tensors.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/dtype.h"

namespace ergon::formats {

inline constexpr std::string_view gguf_magic = "GGUF";

/// Types of metadata values, with their numbers in the file.
enum class GgufType : std::uint32_t {
    u8 = 0,
    i8 = 1,
    u16 = 2,
    i16 = 3,
    u32 = 4,
    i32 = 5,
    f32 = 6,
    boolean = 7,
    string = 8,
    array = 9,
    u64 = 10,
    i64 = 11,
    f64 = 12,
};
inline constexpr std::uint32_t gguf_type_count = 13;

/// Where tensors may begin: multiples of `general.alignment` bytes, this where the key is absent.
inline constexpr std::uint64_t gguf_default_alignment = 32;
/// The format asks for a multiple of 8; every known reader also asks for a power of two. The limit is assumed.
constexpr bool is_gguf_alignment(std::uint64_t alignment) {
    return alignment >= 8 && alignment <= (1u << 20) && (alignment & (alignment - 1)) == 0;
}
constexpr std::uint64_t aligned_up(std::uint64_t offset, std::uint64_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
}

/// The tensor type of a number in a file; nullopt if ergon cannot read it.
std::optional<tensor::DType> dtype_of_gguf_id(std::uint32_t id);
/// The number of a tensor type; nullopt if GGUF has none.
std::optional<std::uint32_t> gguf_id_of_dtype(tensor::DType type);
/// The name of any number, for errors: "IQ2_XXS (16)", "99 (unknown)".
std::string gguf_type_text(std::uint32_t id);

}  // namespace ergon::formats
