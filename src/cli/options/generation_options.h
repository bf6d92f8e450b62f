#pragma once
// Options that several commands share, each defined once.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/endpoint.h"
#include "engine/generation/answer_settings.h"
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
/// --timeout
void add_timeout(CLI::App& command, client::RequestLimits& limits);
/// Says on stderr what --allow-unused left unused of a model, if anything.
void print_unused(std::string_view model, std::span<const std::string> names);
std::string_view name(model::CacheType type);

/// How answers are made: sampling, limits, thinking. What is not given is the model's own.
struct AnswerOptions : engine::AnswerSettings {
    void add(CLI::App& command);
};

}  // namespace ergon::cli
