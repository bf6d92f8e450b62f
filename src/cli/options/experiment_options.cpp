#include "cli/options/experiment_options.h"

#include <atomic>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

#include "base/error.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/machine_options.h"
#include "cli/options/model_path.h"
#include "cli/options/output_files.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/run_interrupt.h"
#include "cli/terminal/run_report.h"
#include "lab/store/design.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

lab::Shard checked_shard(const std::string& text) {
    const std::optional<lab::Shard> shard = lab::parse_shard(text);
    if (!shard) base::fail(ErrorCode::bad_argument, "--shard {} must be i/n with 1 <= i <= n, such as 2/8.", text);
    return *shard;
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
                "Interrupted before the first answer of this start: {} answers are kept in {}; the same command goes "
                "on "
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
        .add_option(
            "--prompts", tasks_named,
            "Prompt sets, comma-separated: everyday, lookups, puzzles, held-out (see ergon puzzles), a FILE (JSON "
            "lines with \"prompt\" and \"answer\", OpenAI evals, GSM8K, MATH, MMLU; GPQA's CSV) or an MMLU folder")
        ->type_name("NAME|PATH")
        ->delimiter(',')
        ->expected(1, 100)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->capture_default_str();
    command.add_option("--limit", limit, "Use only N prompts of each set, sampled by --seed")
        ->check(CLI::Range(std::int64_t{1}, max_token_count));
    command.add_option("--max-prompt", max_prompt, "Skip prompts longer than this for any model")
        ->check(CLI::Range(std::int64_t{1}, max_token_count))
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
    command.add_option("--margin", margin, "Equivalence margin for ratios, in percent")
        ->check(CLI::Range(0.1, 100.0))
        ->capture_default_str();
    files.add(command);
    command
        .add_option(
            "--results", results_file,
            "Results file, written after every answer; the same command resumes an interrupted run and reports a "
            "finished one")
        ->type_name("FILE")
        ->capture_default_str();
    CLI::Option* const must = command.add_flag("--resume", resume, "Resume an earlier run; fail if there is none");
    command.add_flag("--restart", restart, "Start over, ignoring any interrupted or finished run")->excludes(must);
    command
        .add_option(
            "--max-failures", max_failures,
            "Maximum failed answers (an unreachable server) before stopping; failures are excluded and retried by "
            "the same command [5% of answers, at least 5]")
        ->check(CLI::Range(std::int64_t{0}, max_token_count))
        ->type_name("N");
    command.add_option("--shard", shard, "Run only part i of n; ergon report merges the parts")
        ->type_name("i/n")
        ->capture_default_str();
    command.add_option("--idle-seconds", idle_seconds, "Duration of the idle baseline before and after; 0: none")
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
        .add_option(
            "--assume", assume,
            "Assumed joules per token of remote servers: a number, or part of a published model's name; labelled "
            "as estimated")
        ->type_name("J|NAME");
    add_timeout(command, limits);
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

/// An assumption that nobody is under would be passed over in silence.
void ExperimentOptions::check_assumption() const {
    if (assume.empty()) return;
    std::vector<lab::ContenderSpec> all = specs();
    if (!judge.empty()) all.push_back(lab::parse_contender(judge));
    if (lab::any_elsewhere(all)) return;
    base::fail(
        ErrorCode::bad_argument,
        "--assume {} applies to no model, since none is a remote server; remove it, or mark a server behind a tunnel "
        "(http://127.0.0.1:8080/v1#name:elsewhere).",
        assume);
}

std::vector<lab::ContenderSpec> ExperimentOptions::specs() const {
    std::vector<lab::ContenderSpec> specs;
    for (const std::string& model : models) specs.push_back(lab::parse_contender(model));
    return specs;
}

lab::ContenderOptions ExperimentOptions::contender_options() const {
    lab::ContenderOptions options;
    options.answer = answer;
    options.system = system;
    options.threads = threads.given;
    options.cache = cache;
    options.load = load;
    options.by_likelihood = by_likelihood;
    options.limits = limits;
    if (!assume.empty()) options.assumed = lab::parse_assumed(assume, energy::read_references());
    options.meter = machine_options();
    options.find_model = find_model;
    options.on_load = [](const engine::LoadedModel& model) { print_unused(model.name, model.unused); };
    options.choose_threads = [this](const engine::LoadedModel& model, std::optional<int> given, model::CacheType its) {
        const ThreadChoice choice = ThreadOption{given}.choose(model, its, load);
        if (choice.way != ThreadChoice::Way::only) base::tell("{}: {}.", model.name, choice.text());
        return lab::ChosenThreads{choice.threads, choice.timed()};
    };
    return options;
}

void ExperimentOptions::check(const std::vector<std::string>& read) const {
    std::vector<std::string> kept = read;
    kept.push_back(results_file);
    kept.insert(kept.end(), tasks_named.begin(), tasks_named.end());
    for (const lab::ContenderSpec& spec : specs()) {
        if (!spec.is_server()) kept.push_back(spec.model);
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
    const lab::ContenderOptions contenders = contender_options();
    std::optional<lab::LoadedContenders> loaded = lab::load_contenders(specs(), contenders, meter);
    const std::int64_t left_out = max_prompt == 0 ? 0 : lab::leave_out_long(max_prompt, *loaded, prompts);
    if (left_out > 0) {
        base::tell("{} prompts have more than {} tokens for a contender and are left out for all.", left_out,
                   max_prompt);
    }
    std::optional<lab::Judge> the_judge;
    if (!judge.empty()) the_judge.emplace(lab::open_judge(judge, contenders));

    lab::ExperimentOptions options;
    options.settings.prompts = fmt::format("{}", fmt::join(tasks_named, ","));
    options.settings.system = system;
    options.settings.thinking = !answer.no_think;
    options.settings.margin = margin / 100;
    if (max_prompt > 0) options.settings.max_prompt_tokens = max_prompt;
    options.settings.prompts_left_out = left_out;
    options.settings.max_tokens = answer.max_tokens.value_or(lab::default_max_tokens);
    options.settings.max_thinking = answer.max_thinking;
    options.settings.bad_rows_left_out = skipped.count;
    options.machine = meter.machine();
    options.version = version_and_commit();
    options.seed = answer.seed;
    options.repeats = repeats;
    options.sessions = sessions;
    options.reopen = [&]() -> std::span<const std::unique_ptr<lab::Backend>> {
        loaded.reset();  // the memory of the old ones may be needed for the new ones
        return loaded.emplace(lab::load_contenders(specs(), contenders, meter)).backends;
    };
    options.shard = checked_shard(shard);
    options.resume = resume ? lab::Resume::must : restart ? lab::Resume::never : lab::Resume::if_any;
    options.idle = base::Seconds(idle_seconds);
    options.meter = machine_options();
    options.judge = the_judge ? &*the_judge : nullptr;
    options.max_failures = max_failures;
    options.factors = files.design();

    Progress progress("answers");
    const lab::RunId run =
        lab::run_experiment(loaded->backends, prompts, options, results, [&](const lab::ExperimentProgress& at) {
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
