#pragma once
// One GGUF file, version 2 or 3, from bytes. Little-endian throughout:
//
//   "GGUF", u32 version, u64 number of tensors, u64 number of keys
//   per key:     string name, u32 type, value          (string: u64 length, bytes; array: u32 element type, u64 count,
//   elements) per tensor:  string name, u32 rank, u64 extents[rank] (fastest first), u32 type, u64 offset from the
//   start of the data padding to general.alignment, then the data
//
// Valid is: no key and no tensor twice; every type known; each offset a multiple of the alignment; every tensor inside
// the file, and every byte of the data in one tensor, but for zeros between the end of a tensor and the alignment.
// Goals: any bytes whatsoever give a valid object or one Error; memory at most a small multiple of the file's header;
// no pass over the tensors' data.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/metadata.h"
#include "tensor/tensor.h"

namespace ergon::formats {

/// What happens when the tensors' data reach beyond the end of the file.
enum class Truncated { refuse, metadata_only };

/// The content of one GGUF file. Tensors refer to the bytes that were parsed.
struct GgufContent {
    std::uint32_t version = 0;
    Metadata metadata;
    MetadataTypes types;
    std::vector<tensor::TensorView> tensors;  // shapes slowest first; bytes empty where cut off
    std::string missing_data;                 // see Gguf::missing_data
};

/// Parses a whole file in memory; `file` names it in errors. Throws Error(bad_file | unsupported).
GgufContent parse_gguf(std::span<const std::byte> bytes, std::string_view file,
                       Truncated truncated = Truncated::refuse);

}  // namespace ergon::formats
