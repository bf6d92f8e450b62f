#pragma once
// GGUF models: metadata and tensors of all shards, memory-mapped. The format: gguf_parser.h and docs/formats.md.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/file.h"
#include "base/strings/string_map.h"
#include "formats/gguf_parser.h"
#include "formats/metadata.h"
#include "tensor/tensor.h"

namespace ergon::formats {

/// A GGUF model (version 2 or 3), all of its shards. Shapes are given slowest first (GGUF's `ne` reversed). Tensors'
/// bytes lie in the mapped files, aligned to at least 8 bytes; they live as long as this object, also when it is moved.
class Gguf {
  public:
    /// Opens a file, or the first shard of several (the others are found beside it). Throws base::Error.
    /// With Truncated::metadata_only a file whose tensor data are cut off opens too; see missing_data().
    static Gguf open(const std::filesystem::path& path, Truncated truncated = Truncated::refuse);

    const std::filesystem::path& path() const { return path_; }
    std::uint32_t version() const { return content_.version; }

    /// The keys of the first shard.
    const Metadata& metadata() const { return content_.metadata; }
    /// How wide each value, or each element of an array, is in the file: for copies (GgufField::type).
    const MetadataTypes& metadata_types() const { return content_.types; }
    bool has(std::string_view key) const { return metadata().find(key) != metadata().end(); }
    // Typed look-ups. The plain form throws Error(bad_file) naming file and key if it is absent or of another kind;
    // the form with a fallback only if it is present but of another kind. Integers convert where the value fits, and to
    // reals.
    std::int64_t integer(std::string_view key) const;
    std::int64_t integer(std::string_view key, std::int64_t fallback) const;
    double real(std::string_view key) const;
    double real(std::string_view key, double fallback) const;
    bool boolean(std::string_view key, bool fallback) const;
    const std::string& text(std::string_view key) const;
    std::string text(std::string_view key, std::string_view fallback) const;
    const std::vector<std::string>& texts(std::string_view key) const;
    std::vector<std::int64_t> integers(std::string_view key) const;
    std::vector<double> reals(std::string_view key) const;

    const std::vector<tensor::TensorView>& tensors() const { return content_.tensors; }
    const tensor::TensorView* find(std::string_view name) const;

    /// Empty for a whole file; else one sentence that names the first tensor whose data is cut off. Such tensors have a
    /// type and a shape, but no bytes.
    const std::string& missing_data() const { return content_.missing_data; }

  private:
    void append_other_shards(Truncated truncated);
    const MetadataValue& value(std::string_view key) const;

    std::filesystem::path path_;
    std::vector<base::MappedFile> shards_;
    GgufContent content_;
    base::StringMap<std::size_t> index_;  // name -> tensors()[i]
};

}  // namespace ergon::formats
