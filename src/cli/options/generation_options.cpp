#include "cli/options/generation_options.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <limits>

#include "base/output.h"
#include "base/processors.h"
#include "base/threads.h"
#include "cli/options/thread_options.h"
#include "engine/chat_prompt.h"

namespace ergon::cli {

void add_model(CLI::App& command, std::string& model) {
    command.add_option("MODEL", model, "A GGUF file, Hugging Face folder or model name")->required();
}

void add_threads(CLI::App& command, int& threads) {
    threads = base::available_processors();
    command.add_option("--threads", threads, "Number of worker threads")
        ->check(CLI::Range(1, 1024))
        ->check(CLI::Validator(check_thread_count, ""))
        ->capture_default_str();
}

void add_cache(CLI::App& command, model::CacheType& type) {
    command
        .add_option_function<std::string>(
            "--cache",
            [&type](const std::string& name) { type = name == "f32" ? model::CacheType::f32 : model::CacheType::f16; },
            "Data type of the KV cache")
        ->check(CLI::IsMember({"f16", "f32"}))
        ->type_name("TYPE")
        ->default_str(std::string(name(type)));
}

void add_loading(CLI::App& command, model::LoadOptions& options) {
    command.add_flag("--strict", options.strict,
                     "Use the same latent-attention arithmetic for prompts and answers, so that a continued and a "
                     "resent conversation "
                     "give identical results");
    command.add_flag("--allow-unused", options.allow_unused,
                     "Ignore unknown tensors and metadata keys, and list them, instead of failing");
}

void add_timeout(CLI::App& command, client::RequestLimits& limits) {
    command
        .add_option_function<double>(
            "--timeout",
            [&limits](double seconds) { limits.silence = base::Nanoseconds(static_cast<std::int64_t>(seconds * 1e9)); },
            "Give up an attempt when a server has sent nothing for so long; failed attempts are repeated after a "
            "while")
        ->check(CLI::Range(1.0, 3600.0))
        ->type_name("SECONDS")
        ->default_str(fmt::format("{:g}", base::to_seconds(limits.silence).value()));
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
    const std::string group = "Generation (default: the model's recommended settings)";
    command.add_option("--temperature", temperature, "Sampling temperature; 0 is greedy")->group(group);
    command.add_option("--top-k", top_k, "Sample from the K most likely tokens; 0: all")->group(group);
    command.add_option("--top-p", top_p, "Nucleus sampling: smallest token set with this total probability")
        ->group(group);
    command.add_option("--min-p", min_p, "Minimum probability relative to the most likely token")->group(group);
    command.add_option("--repeat-penalty", repeat_penalty, "Penalty on repeated tokens; 1: off")->group(group);
    command.add_option("--seed", seed, "Random seed")
        ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
        ->group(group)
        ->capture_default_str();
    command.add_option("--max-tokens", max_tokens, "Maximum tokens per answer, including thinking")
        ->check(CLI::Range(std::int64_t{1}, max_token_count))
        ->group(group);
    command.add_option("--max-think", max_thinking, "Maximum tokens of thinking")
        ->check(CLI::Range(std::int64_t{0}, max_token_count))
        ->group(group);
    command.add_option("--stop", stop, "Stop before this text; repeatable")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(group);
    command.add_option("--forbid", forbidden, "Never generate this text; repeatable")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("TEXT")
        ->group(group);
    command.add_flag("--no-think", no_think, "Answer without thinking")->group(group);
}

}  // namespace ergon::cli
