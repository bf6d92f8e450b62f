#include "engine/generation/defaults.h"

#include <fmt/format.h>

#include "base/error.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;
using base::Json;

/// The shortest decimal of an F32 value (files hold 0.95 as F32): 0.95, not 0.949999988.
double shortest(double value) {
    return std::stod(fmt::format("{}", static_cast<float>(value)));
}

void finish(GenerationDefaults& defaults, const std::string& file, bool thinks) {
    if (thinks && defaults.origin.empty()) {
        // DeepSeek-R1's README, "Usage recommendations".
        defaults.sampling.temperature = 0.6;
        defaults.sampling.top_p = 0.95;
        defaults.origin = {{"temperature", "recommended for DeepSeek-R1"}, {"top_p", "recommended for DeepSeek-R1"}};
    }
    if (defaults.sampling.top_k < 0) defaults.sampling.top_k = 0;  // -1 says "all" in some files
    try {
        check(defaults.sampling);
    } catch (const base::Error& error) {
        base::fail(ErrorCode::bad_file, "{}: the recommended sampling is out of range: {}", file, error.what());
    }
}

}  // namespace

GenerationDefaults generation_defaults(const formats::Gguf& file, bool thinks) {
    GenerationDefaults defaults;
    SamplerSettings& sampling = defaults.sampling;
    const auto read = [&](const char* setting, const char* key, auto& value) {
        const std::string full = fmt::format("general.sampling.{}", key);
        if (!file.has(full)) return;
        if constexpr (std::is_integral_v<std::remove_reference_t<decltype(value)>>) {
            value = file.integer(full);
        } else {
            value = shortest(file.real(full));
        }
        defaults.origin[setting] = full;
    };
    read("temperature", "temp", sampling.temperature);
    read("top_k", "top_k", sampling.top_k);
    read("top_p", "top_p", sampling.top_p);
    read("min_p", "min_p", sampling.min_p);
    read("repeat_penalty", "penalty_repeat", sampling.repeat_penalty);
    finish(defaults, file.path().string(), thinks);
    return defaults;
}

GenerationDefaults generation_defaults(const formats::HfFolder& folder, bool thinks) {
    GenerationDefaults defaults;
    SamplerSettings& sampling = defaults.sampling;
    const std::string file = (folder.path / "generation_config.json").string();
    const Json& config = folder.generation_config;
    if (config.is_object()) {
        const auto read = [&](const char* setting, const char* key, auto& value) {
            if (!config.contains(key) || config[key].is_null()) return;
            using Value = std::remove_reference_t<decltype(value)>;
            const bool whole = std::is_integral_v<Value>;
            if (whole ? !config[key].is_number_integer() : !config[key].is_number()) {
                base::fail(ErrorCode::bad_file, "{}: \"{}\" must be a {}number.", file, key, whole ? "whole " : "");
            }
            value = config[key].get<Value>();
            defaults.origin[setting] = "generation_config.json";
        };
        read("temperature", "temperature", sampling.temperature);
        read("top_k", "top_k", sampling.top_k);
        read("top_p", "top_p", sampling.top_p);
        read("min_p", "min_p", sampling.min_p);
        read("repeat_penalty", "repetition_penalty", sampling.repeat_penalty);
        const Json samples = config.value("do_sample", Json());
        if (samples == false) {
            sampling.temperature = 0;
            defaults.origin["temperature"] = "generation_config.json";
        } else if (samples == true && !defaults.origin.contains("temperature")) {
            sampling.temperature = 1;  // what the library that writes these files takes then
            defaults.origin["temperature"] = "generation_config.json";
        }
    }
    finish(defaults, file, thinks);
    return defaults;
}

}  // namespace ergon::engine
