#pragma once
// safetensors files: single, or sharded with model.safetensors.index.json; memory-mapped. The layout:
//
//   u64 length of the header, the header, the data
//   header: a JSON object, possibly padded with spaces: {name: {"dtype", "shape", "data_offsets": [begin, end]}},
//   offsets from the
//           start of the data; the key "__metadata__" holds an object of strings
//
// Valid is: no key twice; end - begin is what type and shape take; the tensors cover the data without overlap or hole,
// to the last byte of the file.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/file.h"
#include "base/strings/string_map.h"
#include "tensor/tensor.h"

namespace ergon::formats {

/// The tensors of a whole file in memory, in the header's order; their bytes lie in `bytes`. `file` names it in errors.
/// Throws Error(bad_file | unsupported).
std::vector<tensor::TensorView> parse_safetensors(std::span<const std::byte> bytes, std::string_view file);

/// The tensors of a model. Their bytes lie in the mapped files, in general NOT aligned to the size of their type; they
/// live as long as this object, also when it is moved.
class Safetensors {
  public:
    /// Opens one .safetensors file. Throws base::Error.
    static Safetensors open(const std::filesystem::path& path);
    /// Opens a folder's model.safetensors, or the shards that its model.safetensors.index.json names; these must lie in
    /// the folder itself. Throws base::Error.
    static Safetensors open_folder(const std::filesystem::path& folder);

    /// The file, or the folder.
    const std::filesystem::path& path() const { return path_; }
    const std::vector<tensor::TensorView>& tensors() const { return tensors_; }
    const tensor::TensorView* find(std::string_view name) const;

  private:
    void append(const std::filesystem::path& file);

    std::filesystem::path path_;
    std::vector<base::MappedFile> files_;
    std::vector<tensor::TensorView> tensors_;
    base::StringMap<std::size_t> index_;  // name -> tensors_[i]
};

/// Writes tensors to one file, atomically (written aside, renamed into place). They are stored by falling size of their
/// numbers, so that each is aligned. Throws Error(bad_argument) for a name that is empty, reserved or given twice, or
/// bytes that do not match the shape; Error(unsupported) for block types, which the format lacks.
void write_safetensors(const std::filesystem::path& path, std::span<const tensor::TensorView> tensors);

/// The same to whatever `write` writes to, piece after piece; `name` stands for it in errors.
void write_safetensors(const std::function<void(std::span<const std::byte>)>& write, const std::string& name,
                       std::span<const tensor::TensorView> tensors);

}  // namespace ergon::formats
