#pragma once
// safetensors files put together from a header's text, so that they can be wrong in any way.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/gguf_bytes.h"

namespace ergon::test {

/// Length, header, `data_bytes` bytes 0, 1, 2, ...
inline std::vector<std::byte> safetensors_bytes(std::string_view header, std::size_t data_bytes) {
    ByteString file;
    file.text(header);
    for (std::size_t i = 0; i < data_bytes; ++i) file.number(static_cast<std::uint8_t>(i));
    return file.bytes();
}

}  // namespace ergon::test
