// Any JSON as a model's config.json, and any GGUF's keys as its configuration: one that can be counted, or base::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json/json.h"
#include "formats/hf_folder.h"
#include "model/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ergon;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        formats::HfFolder folder;
        folder.path = "input";
        folder.config = base::parse_json(text, "config.json");
        if (!folder.config.is_object()) return 0;
        const model::ParameterCount count = model::count_parameters(model::read_config(folder));
        if (count.total < count.active || count.active <= 0) std::abort();
    } catch (const base::Error&) {
    }
    return 0;
}
