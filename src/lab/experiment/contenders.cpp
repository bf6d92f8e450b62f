#include "lab/experiment/contenders.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tuple>

#include "base/error.h"
#include "base/memory.h"
#include "base/processors.h"
#include "base/secrets.h"
#include "base/strings/text.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

/// All models stay in memory, so that turns can alternate. Said before anything is loaded.
void check_memory(const std::vector<std::filesystem::path>& paths) {
    base::Bytes sum{};
    std::vector<std::string> sizes;
    for (const std::filesystem::path& path : paths) {
        const base::Bytes bytes = engine::bytes_in_files(path);
        sum += bytes;
        sizes.push_back(fmt::format("{} {}", path.filename().string(), base::readable(bytes)));
    }
    const base::Bytes available = base::available_memory();
    if (sum > available) {
        base::fail(ErrorCode::out_of_budget,
                   "The models are compared in turns, so all are loaded at once: {} ({}), but only {} of memory are "
                   "free. Compare smaller files of them.",
                   base::readable(sum), fmt::join(sizes, ", "), base::readable(available));
    }
}

/// What is set for one contender goes before what is set for all.
engine::AnswerSettings merged(const engine::AnswerSettings& common, const ContenderSpec& spec) {
    engine::AnswerSettings own = common;
    const auto set = [](auto& to, const auto& from) {
        if (from) to = from;
    };
    set(own.temperature, spec.temperature);
    set(own.top_p, spec.top_p);
    set(own.min_p, spec.min_p);
    set(own.top_k, spec.top_k);
    set(own.max_tokens, spec.max_tokens);
    set(own.max_thinking, spec.max_thinking);
    if (!spec.forbidden.empty()) own.forbidden = spec.forbidden;
    if (spec.thinks) own.no_think = !*spec.thinks;
    return own;
}

/// Sampling is equal unless a contender's own options say otherwise: all take what the first of the models recommends
/// that recommends any, and are greedy if none does. Returns that.
engine::GenerationDefaults share_sampling(const std::vector<engine::LoadedModel*>& models) {
    const auto source =
        std::ranges::find_if(models, [](const auto* model) { return !model->chat.defaults.origin.empty(); });
    if (source == models.end()) return {};
    engine::GenerationDefaults shared = (*source)->chat.defaults;
    for (auto& [setting, origin] : shared.origin) origin += fmt::format(" of {}", (*source)->name);
    for (engine::LoadedModel* model : models) {
        if (model != *source) model->chat.defaults = shared;
    }
    return shared;
}

/// Somebody may have typed the key itself, which no sentence repeats.
[[noreturn]] void refuse_key_variable(const ContenderSpec& spec) {
    const bool is_name = std::ranges::all_of(
        spec.key_variable, [](char c) { return (c >= 'A' && c <= 'Z') || base::is_digit(c) || c == '_'; });
    base::fail(
        ErrorCode::bad_argument, "The environment has no variable {}, which is to hold the key of {}.",
        is_name ? spec.key_variable : "of the name that stands behind key=", base::without_credentials(spec.model));
}

/// A contender in this process, before it is made one.
struct LocalModel {
    engine::LoadedModel* model = nullptr;  // nothing: a server
    ChosenThreads chosen;
};

/// Paths of the models in this process, empty for servers. Throws where they do not fit into memory together.
std::vector<std::filesystem::path> paths_of(std::span<const ContenderSpec> specs, const ContenderOptions& options) {
    std::vector<std::filesystem::path> paths;
    for (const ContenderSpec& spec : specs) {
        if (!spec.is_server() && spec.elsewhere) {
            base::fail(ErrorCode::bad_argument, "{} is not a server and does not support elsewhere; remove it.",
                       spec.model);
        }
        paths.push_back(spec.is_server() ? std::filesystem::path() : options.find_model(spec.model));
    }
    std::vector<std::filesystem::path> distinct;
    std::ranges::copy_if(paths, std::back_inserter(distinct), [](const auto& path) { return !path.empty(); });
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    check_memory(distinct);
    return paths;
}

/// Loads what is in this process, each model once for a number of threads.
std::vector<LocalModel> load_models(std::span<const ContenderSpec> specs, const ContenderOptions& options,
                                    LoadedContenders& all) {
    const std::vector<std::filesystem::path> paths = paths_of(specs, options);
    std::vector<LocalModel> locals(specs.size());
    std::map<std::tuple<const engine::LoadedModel*, std::optional<int>, model::CacheType>, ChosenThreads> chosen_before;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].is_server()) continue;
        const std::optional<int> given = specs[i].threads ? specs[i].threads : options.threads;
        const int threads = given.value_or(base::available_processors());
        auto& pool = all.pools[threads];
        if (!pool) pool = std::make_unique<base::ThreadPool>(threads);
        const std::pair key{paths[i], threads};
        auto found = all.models.find(key);
        if (found == all.models.end()) {
            found = all.models.emplace(key, engine::load_model(paths[i], options.load, *pool)).first;
            options.on_load(found->second);
        }
        locals[i].model = &found->second;
        // One choice for a model, however often it takes part: a second timing might come out otherwise.
        const model::CacheType cache = specs[i].cache.value_or(options.cache);
        const std::tuple one{static_cast<const engine::LoadedModel*>(locals[i].model), given, cache};
        auto chosen = chosen_before.find(one);
        if (chosen == chosen_before.end()) {
            chosen = chosen_before.emplace(one, options.choose_threads(*locals[i].model, given, cache)).first;
        }
        locals[i].chosen = chosen->second;
    }
    return locals;
}

std::unique_ptr<Backend> local_contender(const ContenderSpec& spec, const LocalModel& local,
                                         const ContenderOptions& common, energy::Meter& meter) {
    const engine::AnswerSettings own = merged(common.answer, spec);
    if (common.by_likelihood && !own.forbidden.empty()) {
        base::fail(ErrorCode::bad_argument,
                   "--by-likelihood generates no text and does not support --forbid; remove one of them.");
    }
    const engine::LoadedModel& model = *local.model;
    LocalOptions options{.generation = own.for_model(model.chat),
                         .sampling = sampling_settings(own.sampling_json(model.chat)).value(),
                         .label = spec.label.empty() ? model.name : spec.label,
                         .system = common.system,
                         .thinking = !own.no_think,
                         .cache = spec.cache.value_or(common.cache),
                         .threads = local.chosen.threads,
                         .threads_timed = local.chosen.timed,
                         .strict = common.load.strict,
                         .by_likelihood = common.by_likelihood};
    if (!own.max_tokens) options.generation.max_tokens = default_max_tokens;
    return answer_locally(model, options, meter);
}

}  // namespace

EndpointOptions server_options(const ContenderSpec& spec, const ContenderOptions& common) {
    const engine::AnswerSettings own = merged(common.answer, spec);
    if (own.max_thinking || spec.threads || spec.cache || own.min_p || own.top_k || own.repeat_penalty ||
        !own.forbidden.empty()) {
        base::fail(ErrorCode::bad_argument,
                   "{} is a server, which does not support max_think, threads, cache, min_p, top_k, repeat-penalty or "
                   "forbid; remove them.",
                   base::without_credentials(spec.model));
    }
    EndpointOptions options;
    options.address = spec.model;
    options.label = spec.label;
    options.system = common.system;
    if (!spec.key_variable.empty()) {
        const char* const key = std::getenv(spec.key_variable.c_str());
        if (key == nullptr) refuse_key_variable(spec);
        options.key = key;
    }
    options.thinking = !own.no_think;
    options.max_tokens = own.max_tokens;
    options.temperature = own.temperature;
    options.top_p = own.top_p;
    options.seed = own.seed;
    options.stop = own.stop;
    options.meter = common.meter;
    options.elsewhere = spec.elsewhere;
    options.assumed = common.assumed;
    options.limits = common.limits;
    return options;
}

LoadedContenders load_contenders(std::span<const ContenderSpec> specs, const ContenderOptions& options,
                                 energy::Meter& meter) {
    LoadedContenders all;
    const std::vector<LocalModel> locals = load_models(specs, options, all);
    std::vector<engine::LoadedModel*> models;
    for (const LocalModel& local : locals) {
        if (local.model != nullptr) models.push_back(local.model);
    }
    const engine::GenerationDefaults shared = share_sampling(models);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const ContenderSpec& spec = specs[i];
        if (!spec.is_server()) {
            all.backends.push_back(local_contender(spec, locals[i], options, meter));
            continue;
        }
        if (options.by_likelihood) {
            base::fail(ErrorCode::bad_argument, "{} is a server and does not support --by-likelihood; remove it.",
                       spec.model);
        }
        EndpointOptions server = server_options(spec, options);
        if (!server.max_tokens) server.max_tokens = default_max_tokens;
        if (!models.empty()) server.usual = {shared.sampling.temperature, shared.sampling.top_p};
        all.backends.push_back(answer_by_server(server));
    }
    return all;
}

std::unique_ptr<Backend> open_judge(const std::string& server, const ContenderOptions& options) {
    const ContenderSpec spec = parse_contender(server);
    if (!spec.is_server()) {
        base::fail(ErrorCode::bad_argument, "--judge {} must be the address of a server: http(s)://host/v1#name.",
                   server);
    }
    ContenderOptions asked = options;
    asked.system.clear();
    asked.answer = {};
    asked.answer.temperature = 0;
    asked.answer.max_tokens = options.answer.max_tokens.value_or(default_max_tokens);
    return answer_by_server(server_options(spec, asked));
}

bool any_elsewhere(std::span<const ContenderSpec> specs) {
    return std::ranges::any_of(specs, [](const ContenderSpec& spec) {
        return spec.is_server() &&
               (spec.elsewhere || !client::on_this_machine(client::parse_endpoint(spec.model).base));
    });
}

std::int64_t leave_out_long(std::int64_t most, const LoadedContenders& contenders,
                            std::vector<tasks::Prompt>& prompts) {
    const auto left_out = std::erase_if(prompts, [&](const tasks::Prompt& prompt) {
        return std::ranges::any_of(contenders.backends, [&](const auto& backend) {
            return backend->prompt_tokens(prompt).value_or(0) > most;
        });
    });
    if (prompts.empty()) {
        base::fail(ErrorCode::bad_argument, "Every prompt has more than {} tokens: raise --max-prompt.", most);
    }
    return static_cast<std::int64_t>(left_out);
}

}  // namespace ergon::lab
