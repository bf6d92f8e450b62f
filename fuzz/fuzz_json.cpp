// Any text as JSON: what ergon accepts, the library's own parser accepts too, with the same result.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using ergon::base::Json;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const Json json = ergon::base::parse_json(text, "input");
        if (json != Json::parse(text)) std::abort();
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
