#pragma once
// Writes GGUF files, version 3.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/file.h"
#include "formats/gguf_types.h"
#include "formats/metadata.h"
#include "tensor/tensor.h"

namespace ergon::formats {

/// One metadata key to write. Without a type it is stored as readers expect it: integers in 32 bits with their
/// signedness if all fit, else in 64; reals as F32.
struct GgufField {
    std::string key;
    MetadataValue value;
    std::optional<GgufType> type = {};  // of an array: of its elements
};

/// The fields of a file that was read, widths kept: for a copy with changes.
std::vector<GgufField> gguf_fields(const Metadata& metadata, const MetadataTypes& types);

/// What the file says of a tensor before its data.
struct TensorHeader {
    std::string name;
    tensor::DType type = tensor::DType::f32;
    tensor::Shape shape;
};

/// Writes a file tensor by tensor, holding none of them: the header first, then the data in the order of `tensors`, in
/// pieces as they come. The file appears at its path with finish(), whole; without it nothing is left. Throws
/// Error(bad_argument) for what could not be read again (a name twice, a value that does not fit its type, an alignment
/// that is no power of two), Error(unsupported) for types that GGUF lacks, Error(system) from the disk.
class GgufWriter {
  public:
    GgufWriter(const std::filesystem::path& path, std::span<const GgufField> metadata,
               std::vector<TensorHeader> tensors);

    /// The next bytes of the data of `tensor`, which must be the one whose turn it is.
    void append(std::string_view tensor, std::span<const std::byte> bytes);
    void finish();

  private:
    void write_zeros(std::uint64_t count);
    void skip_complete();

    base::AtomicFile file_;
    std::vector<TensorHeader> tensors_;
    std::vector<std::uint64_t> sizes_;
    std::uint64_t alignment_;
    std::size_t current_ = 0;    // the tensor whose turn it is
    std::uint64_t written_ = 0;  // bytes of it
};

/// Writes tensors that are at hand.
void write_gguf(const std::filesystem::path& path, std::span<const GgufField> metadata,
                std::span<const tensor::TensorView> tensors);

}  // namespace ergon::formats
