#include "cli/options/experiment_options.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/secrets.h"
#include "base/strings/text.h"
#include "cli/commands.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_report.h"
#include "lab/experiment/design.h"
#include "lab/experiment/endpoint_backend.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

// Equal caps need a cap: what everyday answers of chat models seldom exceed (assumed).
constexpr std::int64_t default_max_tokens = 512;

/// "2/8": the second of eight.
lab::Shard parse_shard(const std::string& text) {
    lab::Shard shard;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, shard.index);
    const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
    const auto second = slash ? std::from_chars(first.ptr + 1, end, shard.count) : first;
    if (!slash || second.ec != std::errc() || second.ptr != end || shard.count < 1 || shard.index < 1 ||
        shard.index > shard.count || shard.count > 1'000'000) {
        base::fail(ErrorCode::bad_argument, "--shard {} must be i/n with 1 <= i <= n, such as 2/8.", text);
    }
    --shard.index;
    return shard;
}

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
AnswerOptions merged(const AnswerOptions& common, const lab::ContenderSpec& spec) {
    AnswerOptions own = common;
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
    const auto source = std::ranges::find_if(models, [](const auto* model) { return !model->defaults.origin.empty(); });
    if (source == models.end()) return {};
    engine::GenerationDefaults shared = (*source)->defaults;
    for (auto& [setting, origin] : shared.origin) origin += fmt::format(" of {}", (*source)->name);
    for (engine::LoadedModel* model : models) {
        if (model != *source) model->defaults = shared;
    }
    return shared;
}

/// How many answers are kept; told by the thread of the last sentence.
class AnswersKept {
  public:
    explicit AnswersKept(std::int64_t before) : done_(before) {}
    void set(const lab::ExperimentProgress& at) {
        done_ = at.done;
        all_ = at.all;
        asked_ = true;
    }
    bool asked() const { return asked_; }
    std::string sentence(const std::string& file) const {
        if (!asked_ && done_ == 0) return "Interrupted before the first answer: nothing is kept yet.";
        if (!asked_) {
            return fmt::format(
                "Interrupted before the first answer of this start: {} answers are kept in {}; the same command goes on "
                "from there.",
                done_.load(), file);
        }
        return fmt::format("Interrupted: {} of {} answers are kept in {}; the same command goes on from there.",
                           done_.load(), all_.load(), file);
    }

  private:
    std::atomic<bool> asked_ = false;
    std::atomic<std::int64_t> done_;  // of all runs in the file, until it is known which one is asked
    std::atomic<std::int64_t> all_ = 0;
};

void show(Progress& progress, const lab::ExperimentProgress& at) {
    const auto done = static_cast<long>(at.done), all = static_cast<long>(at.all);
    if (at.failure != nullptr) {
        progress.clear();
        base::tell("{} failed on \"{}\": {}", at.contender->label, at.failure->prompt, at.failure->reason);
        return;
    }
    if (at.answer == nullptr) {
        progress.show(done, all, at.doing, static_cast<long>(at.already));
        return;
    }
    const lab::Answer& answer = *at.answer;
    const base::Tokens tokens = answer[energy::Phase::thinking].tokens + answer[energy::Phase::answer].tokens;
    const std::string cost =
        answer.metered ? fmt::format(", {} J", short_number(answer.joules().value.value())) : std::string();
    const std::string verdict = !answer.right ? "" : *answer.right ? ", right" : ", wrong";
    progress.show(
        done, all,
        fmt::format("{} on \"{}\", {} tokens{}{}", at.contender->label, answer.prompt, tokens.value(), cost, verdict),
        static_cast<long>(at.already));
}

}  // namespace

void ExperimentOptions::add(CLI::App& command) {
    command
        .add_option("--prompts", tasks_named,
                    "Prompt sets, comma-separated: everyday, lookups, puzzles, held-out (see ergon puzzles), a FILE (JSON "
                    "lines with \"prompt\" and \"answer\", OpenAI evals, GSM8K, MATH, MMLU; GPQA's CSV) or an MMLU folder")
        ->type_name("NAME|PATH")
        ->delimiter(',')
        ->expected(1, 100)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->capture_default_str();
    command
        .add_option("--limit", limit, "Use only N prompts of each set, sampled by --seed")
        ->check(CLI::Range(std::int64_t{1}, most_tokens));
    command
        .add_option("--max-prompt", max_prompt,
                    "Skip prompts longer than this for any model")
        ->check(CLI::Range(std::int64_t{1}, most_tokens))
        ->type_name("TOKENS");
    command.add_flag("--skip-bad", skip_bad, "Skip malformed rows of prompt files, and report how many");
    command.add_option("--shots", tasks.shots, "Solved examples before each question, if the set has them")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    command.add_option("--repeats", repeats, "Answers per model and prompt, averaged")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command
        .add_option("--sessions", sessions,
                    fmt::format("Number of sessions, each with freshly loaded models, so that intervals include "
                                "session-to-session variation [{} if one takes under {:.0f} s, else 1]",
                                lab::sessions_if_short, lab::short_session.value()))
        ->check(CLI::Range(std::int64_t{1}, lab::max_sessions));
    command
        .add_option("--margin", margin,
                    "Equivalence margin for ratios, in percent")
        ->check(CLI::Range(0.1, 100.0))
        ->capture_default_str();
    files.add(command);
    command
        .add_option("--results", results_file,
                    "Results file, written after every answer; the same command resumes an interrupted run and reports a "
                    "finished one")
        ->type_name("FILE")
        ->capture_default_str();
    CLI::Option* const must =
        command.add_flag("--resume", resume, "Resume an earlier run; fail if there is none");
    command.add_flag("--restart", restart, "Start over, ignoring any interrupted or finished run")
        ->excludes(must);
    command
        .add_option("--max-failures", max_failures,
                    "Maximum failed answers (an unreachable server) before stopping; failures are excluded and retried by "
                    "the same command [5% of answers, at least 5]")
        ->check(CLI::Range(std::int64_t{0}, most_tokens))
        ->type_name("N");
    command.add_option("--shard", shard, "Run only part i of n; ergon report merges the parts")
        ->type_name("i/n")
        ->capture_default_str();
    command
        .add_option("--idle-seconds", idle_seconds,
                    "Duration of the idle baseline before and after; 0: none")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    command.add_flag("--by-likelihood", by_likelihood,
                     "Answer multiple choice by the most likely letter, without generating text");
    command
        .add_option(
            "--judge", judge,
            "Server that grades answers instead of the built-in graders (http(s)://host/v1#name:key=VARIABLE); its "
            "energy is reported separately")
        ->type_name("SERVER");
    command
        .add_option("--assume", assume,
                    "Assumed joules per token of remote servers: a number, or part of a published model's name; labelled "
                    "as estimated")
        ->type_name("J|NAME");
    command.add_option("--system", system, "System prompt");
    threads.add(command);
    add_cache(command, cache);
    add_loading(command, load);
    answer.add(command);
    cost.add(command);
}

std::vector<tasks::Prompt> ExperimentOptions::open_prompts(tasks::SkippedRows& skipped) const {
    tasks::TaskOptions wanted = tasks;
    wanted.skip_option = "--skip-bad";
    if (skip_bad) wanted.skipped = &skipped;
    wanted.seed = answer.seed;
    wanted.count = limit;
    std::vector<tasks::Prompt> prompts;
    std::set<std::string> ids;
    for (const std::string& one : tasks_named) {
        for (tasks::Prompt& prompt : tasks::open_task(one, wanted)) {
            if (!ids.insert(prompt.id).second) {
                base::fail(ErrorCode::bad_argument,
                           "Two of the tasks have a prompt \"{}\": ask for them in runs of their own.", prompt.id);
            }
            prompts.push_back(std::move(prompt));
        }
    }
    return prompts;
}

namespace {

/// Somebody may have typed the key itself, which no sentence repeats.
[[noreturn]] void refuse_key_variable(const lab::ContenderSpec& spec) {
    const bool is_name = std::ranges::all_of(
        spec.key_variable, [](char c) { return (c >= 'A' && c <= 'Z') || base::is_digit(c) || c == '_'; });
    base::fail(ErrorCode::bad_argument, "The environment has no variable {}, which is to hold the key of {}.",
               is_name ? spec.key_variable : "of the name that stands behind key=", base::without_credentials(spec.model));
}

}  // namespace

lab::EndpointOptions ExperimentOptions::endpoint_options(const lab::ContenderSpec& spec,
                                                         const AnswerOptions& own) const {
    if (own.max_thinking || spec.threads || spec.cache || own.min_p || own.top_k || own.repeat_penalty ||
        !own.forbidden.empty()) {
        base::fail(ErrorCode::bad_argument,
                   "{} is a server, which does not support max_think, threads, cache, min_p, top_k, repeat-penalty or "
                   "forbid; remove them.",
                   base::without_credentials(spec.model));
    }
    lab::EndpointOptions options;
    options.address = spec.model;
    options.label = spec.label;
    options.system = system;
    if (!spec.key_variable.empty()) {
        const char* const key = std::getenv(spec.key_variable.c_str());
        if (key == nullptr) {
            refuse_key_variable(spec);
        }
        options.key = key;
    }
    options.thinking = !own.no_think;
    options.max_tokens = own.max_tokens.value_or(default_max_tokens);
    options.temperature = own.temperature;
    options.top_p = own.top_p;
    options.seed = own.seed;
    options.stop = own.stop;
    options.meter = machine_options();
    options.elsewhere = spec.elsewhere;
    if (!assume.empty()) options.assumed = lab::parse_assumed(assume, energy::read_references());
    return options;
}

std::unique_ptr<lab::Backend> ExperimentOptions::open_judge() const {
    const lab::ContenderSpec spec = lab::parse_contender(judge);
    if (!spec.is_server()) {
        base::fail(ErrorCode::bad_argument, "--judge {} must be the address of a server: http(s)://host/v1#name.",
                   judge);
    }
    AnswerOptions own;
    own.temperature = 0;
    own.max_tokens = answer.max_tokens.value_or(default_max_tokens);
    lab::EndpointOptions options = endpoint_options(spec, merged(own, spec));
    options.system.clear();
    return lab::answer_by_server(options);
}

/// An assumption that nobody is under would be passed over in silence.
void ExperimentOptions::check_assumption() const {
    if (assume.empty()) return;
    std::vector<std::string> all = models;
    if (!judge.empty()) all.push_back(judge);
    const bool any = std::ranges::any_of(all, [](const std::string& model) {
        const lab::ContenderSpec spec = lab::parse_contender(model);
        return spec.is_server() && (spec.elsewhere || !client::on_this_machine(client::parse_endpoint(spec.model).base));
    });
    if (any) return;
    base::fail(ErrorCode::bad_argument,
               "--assume {} applies to no model, since none is a remote server; remove it, or mark a server behind a tunnel "
               "(http://127.0.0.1:8080/v1#name:elsewhere).",
               assume);
}

LoadedContenders ExperimentOptions::load_contenders(energy::Meter& meter) const {
    LoadedContenders all;
    std::vector<lab::ContenderSpec> specs;
    std::vector<std::filesystem::path> paths;
    for (const std::string& model : models) {
        specs.push_back(lab::parse_contender(model));
        paths.push_back(specs.back().is_server() ? std::filesystem::path() : find_model(specs.back().model));
    }
    std::vector<std::filesystem::path> distinct;
    std::ranges::copy_if(paths, std::back_inserter(distinct), [](const auto& path) { return !path.empty(); });
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    check_memory(distinct);
    std::vector<engine::LoadedModel*> loaded(specs.size());
    std::vector<ThreadChoice> choices(specs.size());
    std::map<std::tuple<const engine::LoadedModel*, std::optional<int>, model::CacheType>, ThreadChoice> chosen_before;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (specs[i].is_server()) continue;
        if (specs[i].elsewhere) {
            base::fail(ErrorCode::bad_argument, "{} is not a server and does not support elsewhere; remove it.",
                       specs[i].model);
        }
        ThreadOption its = threads;
        if (specs[i].threads) its.given = specs[i].threads;
        const int its_threads = its.pool();
        auto& pool = all.pools[its_threads];
        if (!pool) pool = std::make_unique<base::ThreadPool>(its_threads);
        const std::pair key{paths[i], its_threads};
        auto found = all.models.find(key);
        if (found == all.models.end()) {
            found = all.models.emplace(key, engine::load_model(paths[i], load, *pool)).first;
            print_unused(found->second.name, found->second.unused);
        }
        loaded[i] = &found->second;
        // One choice for a model, however often it takes part: a second timing might come out otherwise.
        const std::tuple one{static_cast<const engine::LoadedModel*>(loaded[i]), its.given, specs[i].cache.value_or(cache)};
        auto chosen = chosen_before.find(one);
        if (chosen == chosen_before.end()) {
            chosen = chosen_before.emplace(one, its.choose(*loaded[i], specs[i].cache.value_or(cache), load)).first;
            if (chosen->second.way != ThreadChoice::Way::only) {
                base::tell("{}: {}.", loaded[i]->name, chosen->second.text());
            }
        }
        choices[i] = chosen->second;
    }
    std::vector<engine::LoadedModel*> local = loaded;
    std::erase(local, nullptr);
    const engine::GenerationDefaults shared = share_sampling(local);

    for (std::size_t i = 0; i < specs.size(); ++i) {
        const lab::ContenderSpec& spec = specs[i];
        const AnswerOptions own = merged(answer, spec);
        if (spec.is_server()) {
            if (by_likelihood) {
                base::fail(ErrorCode::bad_argument, "{} is a server and does not support --by-likelihood; remove it.",
                           spec.model);
            }
            lab::EndpointOptions options = endpoint_options(spec, own);
            if (!local.empty()) options.usual = {shared.sampling.temperature, shared.sampling.top_p};
            all.backends.push_back(lab::answer_by_server(options));
            continue;
        }
        if (by_likelihood && !own.forbidden.empty()) {
            base::fail(ErrorCode::bad_argument,
                       "--by-likelihood generates no text and does not support --forbid; remove one of them.");
        }
        const engine::LoadedModel& model = *loaded[i];
        lab::LocalOptions options{.generation = own.for_model(model),
                                  .sampling = own.sampling_json(model),
                                  .label = spec.label.empty() ? model.name : spec.label,
                                  .system = system,
                                  .thinking = !own.no_think,
                                  .cache = spec.cache.value_or(cache),
                                  .threads = choices[i].threads,
                                  .threads_timed = choices[i].timed(),
                                  .strict = load.strict,
                                  .by_likelihood = by_likelihood};
        if (!own.max_tokens) options.generation.max_tokens = default_max_tokens;
        all.backends.push_back(lab::answer_locally(model, options, meter));
    }
    return all;
}

std::int64_t ExperimentOptions::leave_out_long(std::vector<tasks::Prompt>& prompts,
                                               const LoadedContenders& loaded_contenders) const {
    if (max_prompt == 0) return 0;
    const auto left_out = std::erase_if(prompts, [&](const tasks::Prompt& prompt) {
        return std::ranges::any_of(loaded_contenders.backends, [&](const auto& backend) {
            return backend->prompt_tokens(prompt).value_or(0) > max_prompt;
        });
    });
    if (prompts.empty()) {
        base::fail(ErrorCode::bad_argument, "Every prompt has more than {} tokens: raise --max-prompt.", max_prompt);
    }
    if (left_out > 0) {
        base::tell("{} prompts have more than {} tokens for a contender and are left out for all.", left_out,
                   max_prompt);
    }
    return static_cast<std::int64_t>(left_out);
}

void ExperimentOptions::check(const std::vector<std::string>& read) const {
    std::vector<std::string> kept = read;
    kept.push_back(results_file);
    kept.insert(kept.end(), tasks_named.begin(), tasks_named.end());
    for (const std::string& model : models) {
        if (const lab::ContenderSpec spec = lab::parse_contender(model); !spec.is_server()) kept.push_back(spec.model);
    }
    check_outputs(files.outputs(), kept);
    lab::check_factors(files.design(), models.size());
}

lab::RunId ExperimentOptions::run(lab::Results& results) const {
    check_assumption();
    AnswersKept kept(results.answers());
    const LastSentence last([&] { return kept.sentence(results_file); });
    tasks::SkippedRows skipped;
    std::vector<tasks::Prompt> prompts = open_prompts(skipped);
    energy::Meter meter(machine_options());
    std::optional<LoadedContenders> loaded_contenders = load_contenders(meter);
    const std::int64_t left_out = leave_out_long(prompts, *loaded_contenders);
    std::optional<lab::Judge> the_judge;
    if (!judge.empty()) the_judge.emplace(open_judge());

    lab::ExperimentOptions options;
    options.settings = {{"prompts", fmt::format("{}", fmt::join(tasks_named, ","))},
                        {"system", system},
                        {"thinking", !answer.no_think},
                        {"margin", margin / 100},
                        {"max_prompt_tokens", max_prompt > 0 ? nlohmann::ordered_json(max_prompt) : nullptr},
                        {"prompts_left_out", left_out},
                        {"max_tokens", answer.max_tokens.value_or(default_max_tokens)},
                        {"max_thinking", answer.max_thinking ? nlohmann::ordered_json(*answer.max_thinking) : nullptr}};
    if (skipped.count > 0) options.settings["bad_rows_left_out"] = skipped.count;
    options.machine = meter.machine();
    options.version = version();
    options.seed = answer.seed;
    options.repeats = repeats;
    options.sessions = sessions;
    options.reopen = [&]() -> std::span<const std::unique_ptr<lab::Backend>> {
        loaded_contenders.reset();  // the memory of the old ones may be needed for the new ones
        return loaded_contenders.emplace(load_contenders(meter)).backends;
    };
    options.shard = parse_shard(shard);
    options.resume = resume ? lab::Resume::must : restart ? lab::Resume::never : lab::Resume::if_any;
    options.idle = base::Seconds(idle_seconds);
    options.meter = machine_options();
    options.judge = the_judge ? &*the_judge : nullptr;
    options.max_failures = max_failures;
    options.factors = files.design();

    Progress progress("answers");
    const lab::RunId run = lab::run_experiment(loaded_contenders->backends, prompts, options, results,
                                               [&](const lab::ExperimentProgress& at) {
                                                   kept.set(at);
                                                   show(progress, at);
                                               });
    progress.clear();
    if (skipped.count > 0) {
        base::tell("Bad rows of the prompts' files that were left out: {}. The first: {}", skipped.count,
                   skipped.first);
    }
    if (!kept.asked()) {
        base::tell(
                   "This experiment is in {} already, finished (run {}): nothing was asked again. What follows is its "
                   "report; --restart starts over.",
                   results_file, run);
    }
    return run;
}

}  // namespace ergon::cli
