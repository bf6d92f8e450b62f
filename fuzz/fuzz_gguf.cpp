// Any bytes as a GGUF file: a valid object or base::Error.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "formats/gguf_parser.h"
#include "touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ergon::formats;
    const auto bytes = std::as_bytes(std::span(data, size));
    for (const Truncated truncated : {Truncated::metadata_only, Truncated::refuse}) {
        try {
            ergon::fuzz::touch_tensors(parse_gguf(bytes, "input", truncated).tensors);
        } catch (const ergon::base::Error&) {
        }
    }
    return 0;
}
