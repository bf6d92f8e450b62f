#pragma once
// Key-value metadata of a model file, as GGUF stores it.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "formats/gguf_types.h"

namespace ergon::formats {

/// A GGUF metadata value. Integers of all widths are kept as 64 bits with their signedness; F32 and F64 as double;
/// arrays of numbers, booleans and strings as vectors.
using MetadataValue =
    std::variant<std::uint64_t, std::int64_t, double, bool, std::string, std::vector<std::uint64_t>,
                 std::vector<std::int64_t>, std::vector<double>, std::vector<bool>, std::vector<std::string>>;

using Metadata = std::map<std::string, MetadataValue, std::less<>>;
/// The width in which each value (of an array: each element) was stored; a copy of the file keeps it.
using MetadataTypes = std::map<std::string, GgufType, std::less<>>;

}  // namespace ergon::formats
