#pragma once
// GGUF files put together byte by byte, independently of the writer, so that they can be wrong in any way.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/gguf_types.h"

namespace ergon::test {

class ByteString {
  public:
    template <typename T>
    ByteString& number(T value) {
        const auto raw = std::as_bytes(std::span(&value, 1));
        bytes_.insert(bytes_.end(), raw.begin(), raw.end());
        return *this;
    }
    ByteString& raw(std::string_view text) {
        const auto raw = std::as_bytes(std::span(text));
        bytes_.insert(bytes_.end(), raw.begin(), raw.end());
        return *this;
    }
    ByteString& text(std::string_view text) { return number<std::uint64_t>(text.size()).raw(text); }
    ByteString& append(const ByteString& other) {
        bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
        return *this;
    }
    ByteString& zeros(std::size_t count) {
        bytes_.resize(bytes_.size() + count);
        return *this;
    }
    const std::vector<std::byte>& bytes() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }

  private:
    std::vector<std::byte> bytes_;
};

using formats::GgufType;

/// Key and type; the value is to follow.
inline ByteString key(std::string_view name, GgufType type) {
    return ByteString().text(name).number(static_cast<std::uint32_t>(type));
}
inline ByteString array_key(std::string_view name, GgufType element, std::uint64_t count) {
    return key(name, GgufType::array).number(static_cast<std::uint32_t>(element)).number(count);
}

/// A tensor's description as it stands in the file: extents fastest first, type as a number.
struct RawTensor {
    std::string_view name = "t";
    std::vector<std::uint64_t> extents = {8};
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
};

/// A GGUF file: counts are those of the content unless claimed otherwise.
struct RawGguf {
    std::string_view magic = "GGUF";
    std::uint32_t version = 3;
    std::vector<ByteString> keys;
    std::vector<RawTensor> tensors;
    std::size_t data_bytes = 0;
    std::size_t alignment = 32;
    std::optional<std::uint64_t> claimed_keys;
    std::optional<std::uint64_t> claimed_tensors;

    std::vector<std::byte> bytes() const {
        ByteString file;
        file.raw(magic).number(version);
        file.number(claimed_tensors.value_or(tensors.size())).number(claimed_keys.value_or(keys.size()));
        for (const ByteString& one : keys) file.append(one);
        for (const RawTensor& tensor : tensors) {
            file.text(tensor.name).number(static_cast<std::uint32_t>(tensor.extents.size()));
            for (const std::uint64_t extent : tensor.extents) file.number(extent);
            file.number(tensor.type).number(tensor.offset);
        }
        file.zeros((alignment - file.size() % alignment) % alignment);
        for (std::size_t i = 0; i < data_bytes; ++i) file.number(static_cast<std::uint8_t>(i));
        return file.bytes();
    }
};

}  // namespace ergon::test
