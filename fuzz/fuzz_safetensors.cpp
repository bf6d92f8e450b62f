// Any bytes as a safetensors file: a valid object or base::Error.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "formats/safetensors.h"
#include "touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        ergon::fuzz::touch_tensors(ergon::formats::parse_safetensors(std::as_bytes(std::span(data, size)), "input"));
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
