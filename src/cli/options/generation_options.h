#pragma once
// Options that several commands share, each defined once.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"
#include "formats/hf_folder.h"

namespace ergon::cli {

/// More tokens than any option can mean.
inline constexpr std::int64_t max_token_count = 1'000'000'000;

/// MODEL as an argument.
void add_model(CLI::App& command, std::string& model);
/// --threads; stays at the number of processors that this process may use.
void add_threads(CLI::App& command, int& threads);
/// --cache f16|f32
void add_cache(CLI::App& command, model::CacheType& type);
/// --strict, --allow-unused
void add_loading(CLI::App& command, model::LoadOptions& options);
/// Says on stderr what --allow-unused left unused of a model, if anything.
void print_unused(std::string_view model, std::span<const std::string> names);
std::string_view name(model::CacheType type);

/// How answers are made: sampling, limits, thinking. What is not given is the model's own.
struct AnswerOptions {
    std::optional<double> temperature, top_p, min_p, repeat_penalty;
    std::optional<std::int64_t> top_k, max_tokens, max_thinking;
    std::uint64_t seed = 0;
    std::vector<std::string> stop, forbidden;
    bool no_think = false;

    void add(CLI::App& command);
    engine::GenerationOptions for_model(const engine::LoadedModel& model) const;
    /// Each setting of the sampler and where it comes from, for --json.
    base::Json sampling_json(const engine::LoadedModel& model) const;
};

}  // namespace ergon::cli
