#include "cli/options/generation_options.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <limits>

#include "base/output.h"
#include "base/processors.h"
#include "base/threads.h"
#include "engine/chat.h"

namespace ergon::cli {

void add_model(CLI::App& command, std::string& model) {
    command.add_option("MODEL", model, "A GGUF file, a Hugging Face folder, or the name of a model")->required();
}

void add_threads(CLI::App& command, int& threads) {
    threads = base::available_processors();
    command.add_option("--threads", threads, "Threads that compute")->check(CLI::Range(1, 1024))->capture_default_str();
}

void add_cache(CLI::App& command, model::CacheType& type) {
    command
        .add_option_function<std::string>(
            "--cache",
            [&type](const std::string& name) { type = name == "f32" ? model::CacheType::f32 : model::CacheType::f16; },
            "Number format of cached keys and values")
        ->check(CLI::IsMember({"f16", "f32"}))
        ->type_name("TYPE")
        ->default_str(std::string(name(type)));
}

void add_loading(CLI::App& command, model::LoadOptions& options) {
    command.add_flag(
        "--strict", options.strict,
        "Compute prompts exactly as answers are computed (latent attention): a conversation continued and the same "
        "conversation sent anew then give the same bits");
    command.add_flag("--allow-unused", options.allow_unused,
                     "Leave tensors and keys unused that the model has no part for, and say which; without it they are "
                     "an error");
}

void print_unused(std::string_view model, std::span<const std::string> names) {
    if (names.empty()) return;
    constexpr std::size_t most = 5;
    const std::span<const std::string> shown = names.first(std::min(names.size(), most));
    base::tell("{}: unused of its files: {}{}.", model, fmt::join(shown, ", "),
               names.size() > most ? fmt::format(" and {} others", names.size() - most) : "");
}

std::string_view name(model::CacheType type) {
    return type == model::CacheType::f16 ? "f16" : "f32";
}

void AnswerOptions::add(CLI::App& command) {
    const std::string group = "How answers are made (what is not given is what the model's file recommends)";
    command.add_option("--temperature", temperature, "0: always the likeliest token; higher: more variety")
        ->group(group);
    command.add_option("--top-k", top_k, "Only the K likeliest tokens; 0: all")->group(group);
    command.add_option("--top-p", top_p, "Only the likeliest tokens that together have this share")->group(group);
    command.add_option("--min-p", min_p, "Only tokens at least this likely compared with the likeliest")->group(group);
    command.add_option("--repeat-penalty", repeat_penalty, "Divides the logits of tokens already seen; 1: off")
        ->group(group);
    command.add_option("--seed", seed, "The same seed gives the same answer, on every machine")
        ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
        ->group(group)
        ->capture_default_str();
    command.add_option("--max-tokens", max_tokens, "Tokens of an answer, thinking included")
        ->check(CLI::Range(std::int64_t{1}, most_tokens))
        ->group(group);
    command.add_option("--max-think", max_thinking, "Tokens of thinking, after which the answer has to begin")
        ->check(CLI::Range(std::int64_t{0}, most_tokens))
        ->group(group);
    command.add_option("--stop", stop, "Ends the answer where this text would stand; can be given several times")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(group);
    command
        .add_option("--forbid", forbidden, "Neither thought nor answer contains this text; can be given several times")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("TEXT")
        ->group(group);
    command.add_flag("--no-think", no_think, "Answer without thinking")->group(group);
}

engine::GenerationOptions AnswerOptions::for_model(const engine::LoadedModel& model) const {
    engine::GenerationOptions options;
    engine::SamplerSettings& sampling = options.sampling;
    sampling = model.chat.defaults.sampling;
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

base::Json AnswerOptions::sampling_json(const engine::LoadedModel& model) const {
    const engine::SamplerSettings sampling = for_model(model).sampling;
    const auto origin = [&](const char* setting, bool given) -> std::string {
        if (given) return "option";
        const auto found = model.chat.defaults.origin.find(setting);
        return found != model.chat.defaults.origin.end() ? found->second : "ergon";
    };
    const auto entry = [](auto value, const std::string& from) {
        return base::Json{{"value", value}, {"from", from}};
    };
    return {{"temperature", entry(sampling.temperature, origin("temperature", temperature.has_value()))},
            {"top_k", entry(sampling.top_k, origin("top_k", top_k.has_value()))},
            {"top_p", entry(sampling.top_p, origin("top_p", top_p.has_value()))},
            {"min_p", entry(sampling.min_p, origin("min_p", min_p.has_value()))},
            {"repeat_penalty", entry(sampling.repeat_penalty, origin("repeat_penalty", repeat_penalty.has_value()))},
            {"seed", entry(sampling.seed, "option")}};
}

}  // namespace ergon::cli
