#include "engine/generation/answer_settings.h"

namespace ergon::engine {

GenerationOptions AnswerSettings::for_model(const ChatFormat& chat) const {
    GenerationOptions options;
    SamplerSettings& sampling = options.sampling;
    sampling = chat.defaults.sampling;
    sampling.temperature = temperature.value_or(sampling.temperature);
    sampling.top_k = top_k.value_or(sampling.top_k);
    sampling.top_p = top_p.value_or(sampling.top_p);
    sampling.min_p = min_p.value_or(sampling.min_p);
    sampling.repeat_penalty = repeat_penalty.value_or(sampling.repeat_penalty);
    sampling.seed = seed;
    check(sampling);
    options.max_tokens = max_tokens.value_or(options.max_tokens);
    options.max_thinking = max_thinking;
    options.stop = stop;
    options.forbidden = forbidden;
    return options;
}

base::Json AnswerSettings::sampling_json(const ChatFormat& chat) const {
    const SamplerSettings sampling = for_model(chat).sampling;
    const auto origin = [&](const char* setting, bool given) -> std::string {
        if (given) return "option";
        const auto found = chat.defaults.origin.find(setting);
        return found != chat.defaults.origin.end() ? found->second : "ergon";
    };
    const auto entry = [](auto value, const std::string& from) { return base::Json{{"value", value}, {"from", from}}; };
    return {{"temperature", entry(sampling.temperature, origin("temperature", temperature.has_value()))},
            {"top_k", entry(sampling.top_k, origin("top_k", top_k.has_value()))},
            {"top_p", entry(sampling.top_p, origin("top_p", top_p.has_value()))},
            {"min_p", entry(sampling.min_p, origin("min_p", min_p.has_value()))},
            {"repeat_penalty", entry(sampling.repeat_penalty, origin("repeat_penalty", repeat_penalty.has_value()))},
            {"seed", entry(sampling.seed, "option")}};
}

}  // namespace ergon::engine
