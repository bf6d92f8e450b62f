#pragma once
// Contenders from what the user named: models loaded once each, sampling made equal, caps for all.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/generation/answer_settings.h"
#include "lab/experiment/backend.h"
#include "lab/experiment/contender_spec.h"
#include "lab/experiment/server/endpoint_backend.h"

namespace ergon::lab {

/// Equal caps need a cap: what everyday answers of chat models seldom exceed (assumed).
inline constexpr std::int64_t default_max_tokens = 512;

/// How many threads compute, and whether that was timed on this machine rather than given.
struct ChosenThreads {
    model::StepThreads threads;
    bool timed = false;
};

/// What is common to all contenders. What a contender's own options say goes before it.
struct ContenderOptions {
    engine::AnswerSettings answer;
    std::string system;          // what every model is told before the question
    std::optional<int> threads;  // nothing: chosen for each model
    model::CacheType cache = model::CacheType::f16;
    model::LoadOptions load;
    bool by_likelihood = false;
    client::RequestLimits limits;          // of servers
    std::optional<AssumedEnergy> assumed;  // of those elsewhere
    energy::MeterOptions meter;
    /// Where a model is that the user named.
    std::function<std::filesystem::path(const std::string& name)> find_model;
    /// Hears of each model once it is loaded.
    std::function<void(const engine::LoadedModel& model)> on_load;
    /// For a model that was loaded with a pool of `given` threads, or of as many as processors that this process may
    /// use.
    std::function<ChosenThreads(const engine::LoadedModel& model, std::optional<int> given, model::CacheType cache)>
        choose_threads;
};

/// Contenders with all that they need in this process.
struct LoadedContenders {
    std::map<int, std::unique_ptr<base::ThreadPool>> pools;  // by number of threads
    std::map<std::pair<std::filesystem::path, int>, engine::LoadedModel>
        models;  // by path and threads of their pools: loaded once each
    std::vector<std::unique_ptr<Backend>> backends;
};

/// All models stay in memory, so that turns can alternate. Throws base::Error: Error(out_of_budget), before anything is
/// loaded, where they do not fit; Error(bad_argument) for what a contender cannot be told.
LoadedContenders load_contenders(std::span<const ContenderSpec> specs, const ContenderOptions& options,
                                 energy::Meter& meter);

/// How a server is asked. No cap is set where neither the server's own options nor those for all name one. Throws
/// Error(bad_argument) for what a server cannot be told, and for a key that the environment does not have.
EndpointOptions server_options(const ContenderSpec& spec, const ContenderOptions& common);

/// A server that says what is right: greedy, under the same cap, told nothing of the system prompt. Throws base::Error.
std::unique_ptr<Backend> open_judge(const std::string& server, const ContenderOptions& options);

/// Whether there is somebody whose joules can be assumed: a server elsewhere.
bool any_elsewhere(std::span<const ContenderSpec> specs);

/// Leaves prompts out that have more than `most` tokens for any of them, for all; how many. Throws Error(bad_argument)
/// if none is left.
std::int64_t leave_out_long(std::int64_t most, const LoadedContenders& contenders, std::vector<tasks::Prompt>& prompts);

}  // namespace ergon::lab
