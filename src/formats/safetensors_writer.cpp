#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/strings/characters.h"
#include "formats/byte_reader.h"
#include "formats/safetensors.h"
#include "formats/tensor_ranges.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;
using tensor::TensorView;

std::vector<std::int64_t> extents_of(const tensor::Shape& shape) {
    std::vector<std::int64_t> extents;
    for (int axis = 0; axis < shape.rank(); ++axis) extents.push_back(shape[axis]);
    return extents;
}

void check_writable(const std::string& path, const TensorView& tensor) {
    if (tensor.name.empty() || tensor.name == "__metadata__") {
        base::fail(ErrorCode::bad_argument, "{}: cannot write a tensor named {}", path, shown(tensor.name));
    }
    if (base::valid_utf8(tensor.name) != tensor.name) {
        base::fail(ErrorCode::bad_argument, "{}: the name of tensor {} is not valid UTF-8, which JSON requires", path,
                   shown(tensor.name));
    }
    if (tensor::is_quantised(tensor.type)) {
        base::fail(ErrorCode::unsupported, "{}: cannot write tensor {}: safetensors has no type {}; write GGUF instead",
                   path, shown(tensor.name), tensor::name(tensor.type));
    }
    const std::int64_t size =
        stored_bytes(path, tensor.name, tensor.type, extents_of(tensor.shape), ErrorCode::bad_argument);
    if (std::cmp_not_equal(tensor.bytes.size(), size)) {
        base::fail(ErrorCode::bad_argument, "{}: tensor {} of shape {} takes {} bytes, but {} were given", path,
                   shown(tensor.name), tensor.shape.text(), size, tensor.bytes.size());
    }
}

/// Padded with spaces so that the data behind it begin at a multiple of 8 bytes.
std::string header_text(const std::string& path, std::span<const TensorView* const> tensors) {
    // A std::map within: it finds names given twice.
    nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
    std::size_t offset = 0;
    for (const TensorView* tensor : tensors) {
        const bool fresh =
            header
                .emplace(tensor->name, nlohmann::json{{"dtype", tensor::name(tensor->type)},
                                                      {"shape", extents_of(tensor->shape)},
                                                      {"data_offsets", {offset, offset + tensor->bytes.size()}}})
                .second;
        if (!fresh) base::fail(ErrorCode::bad_argument, "{}: cannot write tensor {} twice", path, shown(tensor->name));
        offset += tensor->bytes.size();
    }
    std::string text = base::json_text(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

}  // namespace

void write_safetensors(const std::function<void(std::span<const std::byte>)>& write, const std::string& name,
                       std::span<const TensorView> tensors) {
    std::vector<const TensorView*> order;
    for (const TensorView& tensor : tensors) {
        check_writable(name, tensor);
        order.push_back(&tensor);
    }
    std::stable_sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
        return tensor::info(a->type).block_bytes > tensor::info(b->type).block_bytes;
    });
    const std::string header = header_text(name, order);
    const std::uint64_t size = header.size();
    write(std::as_bytes(std::span(&size, 1)));
    write(std::as_bytes(std::span(header)));
    for (const TensorView* tensor : order) write(tensor->bytes);
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors) {
    std::optional<base::AtomicFile> file;  // none is begun for tensors that cannot be written
    write_safetensors(
        [&](std::span<const std::byte> bytes) {
            if (!file) file.emplace(path);
            file->write(bytes);
        },
        path.string(), tensors);
    file->commit();
}

}  // namespace ergon::formats
