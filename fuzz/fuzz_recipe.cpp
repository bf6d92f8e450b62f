// Any text as a recipe, and its last line as a setting over it: one that says everything that training asks for, or
// base::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/run/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ergon::train;
    std::string text(data, data + size);
    std::vector<std::string> settings;
    if (const std::size_t end = text.rfind("\n--set "); end != std::string::npos) {
        settings.push_back(text.substr(end + 7));
        text.resize(end + 1);
    }
    try {
        const Recipe recipe = parse_recipe(text, "/nowhere/input.toml", settings);
        if (recipe.settings.empty() || recipe.trainer.schedule.steps < 1) std::abort();
        if (recipe.fingerprint != parse_recipe(text, "/nowhere/input.toml", settings).fingerprint) std::abort();
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
