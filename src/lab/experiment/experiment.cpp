#include "lab/experiment/experiment.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "lab/experiment/fingerprint.h"
#include "lab/experiment/labels.h"
#include "lab/experiment/machine_events.h"
#include "lab/store/design.h"
#include "lab/store/run_details.h"
#include "tasks/graders/grader.h"

namespace ergon::lab {
namespace {

std::vector<Contender> contenders_of(std::span<const std::unique_ptr<Backend>> backends) {
    std::vector<Contender> contenders;
    for (const auto& backend : backends) contenders.push_back(backend->contender());
    make_labels_distinct(contenders);
    return contenders;
}

/// Equal for the same questions with the same right answers.
std::string digest_of(std::span<const tasks::Prompt> prompts) {
    base::Digest digest;
    for (const tasks::Prompt& prompt : prompts) {
        for (const std::string* part : {&prompt.id, &prompt.category, &prompt.text, &prompt.answer}) digest.add(*part);
    }
    return digest.text();
}

RunDescription describe(std::span<const tasks::Prompt> prompts, const ExperimentOptions& options,
                        const ThrottleWatch& throttle) {
    RunDescription run;
    RunSettings settings = options.settings;
    settings.prompt_count = std::ssize(prompts);
    settings.prompt_digest = digest_of(prompts);
    settings.repeats = options.repeats;
    settings.sessions = options.sessions;
    if (options.judge != nullptr) settings.judge = options.judge->contender().model;
    run.settings = settings_json(settings);
    run.seed = options.seed;
    run.machine = options.machine;
    run.version = options.version;
    run.protocol = protocol_json({options.seed, options.idle,
                                  throttle.visible() ? Throttling::visible : Throttling::not_visible, options.shard});
    return run;
}

std::vector<AskedPrompt> asked(std::span<const tasks::Prompt> prompts) {
    std::vector<AskedPrompt> asked;
    for (const tasks::Prompt& prompt : prompts) {
        asked.push_back({prompt.id, prompt.category, prompt.text, prompt.answer});
    }
    return asked;
}

/// One start of an experiment, whether it begins or goes on.
class Running {
  public:
    Running(std::span<const std::unique_ptr<Backend>> backends, std::span<const tasks::Prompt> prompts,
            const ExperimentOptions& options, Results& results, const ExperimentCallback& on_progress)
        : backends_(backends),
          prompts_(prompts),
          options_(options),
          results_(results),
          on_progress_(on_progress),
          contenders_(contenders_of(backends)),
          order_{backends.size(), prompts.size(), options.repeats, options.shard, options.seed},
          throttle_(options.meter.sysfs) {}

    RunId run() {
        const HeldRun held = hold_run(results_, describe(prompts_, options_, throttle_), contenders_, options_.resume);
        run_ = held.id;
        if (!options_.factors.empty()) keep_factors(results_, run_, options_.factors);
        if (held.finished) return run_;
        progress_.done = progress_.already = results_.answers(run_);
        results_.add_prompts(run_, asked(prompts_));
        std::int64_t sessions = options_.sessions.value_or(1);
        bool answered = false;
        for (order_.session = 0; order_.session < sessions; ++order_.session) {
            progress_.all = sessions * count_trials(order_);
            if (results_.answers(run_, order_.session) < count_trials(order_)) {
                if (answered) reopen();
                prepare(answered);
                answered = true;
                for_each_trial(order_, [this](const Trial& turn) { take(turn); });
            }
            const bool short_one = results_.answering(run_, 0) < short_session;
            if (!options_.sessions && short_one) sessions = sessions_if_short;
        }
        if (failed_ > 0 && results_.answers(run_) == 0) {
            base::fail(base::ErrorCode::system, "All {} answers failed; {} The same command asks again.", failed_,
                       last_failure_);
        }
        if (answered) baseline(idle_after);
        if (results_.failures(run_).empty()) results_.finish(run_);
        return run_;
    }

  private:
    void reopen() {
        if (!options_.reopen) return;
        tell("loading");
        backends_ = options_.reopen();
        const std::vector<Contender> begun = results_.contenders(run_);
        for (std::size_t i = 0; i < begun.size(); ++i) {
            const Contender& now = backends_[i]->contender();
            if (now.hash == begun[i].hash) continue;
            base::fail(base::ErrorCode::bad_file,
                       "{} was changed while the experiment ran, so its answers would be of two models: what was "
                       "answered is kept; "
                       "put the old file back and give the same command again, or begin with another results file.",
                       now.model);
        }
    }

    void prepare(bool again) {
        tell("preparing");
        for (const auto& backend : backends_) backend->prepare(prompts_);
        if (!again) baseline(idle_before);
        tell("warm-up");
        for (const auto& backend : backends_) backend->warm_up();
    }

    void tell(std::string doing) {
        progress_.doing = std::move(doing);
        progress_.contender = nullptr;
        progress_.answer = nullptr;
        progress_.failure = nullptr;
        if (on_progress_) on_progress_(progress_);
    }

    void baseline(const char* kind) {
        if (!(options_.idle > base::Seconds(0))) return;
        tell("idle baseline");
        results_.add_machine_event(run_, idle_baseline(options_.meter, options_.idle, kind));
    }

    void take(const Trial& turn) {
        const tasks::Prompt& prompt = prompts_[turn.prompt];
        const auto contender = static_cast<std::int64_t>(turn.contender);
        if (progress_.already > 0 && results_.has(run_, contender, prompt.id, turn.repeat, order_.session)) return;
        if (const auto pause = cool_down(throttle_, base::sleep_for)) results_.add_machine_event(run_, *pause);
        std::optional<Answer> answer;
        Failure failure{contender, prompt.id, turn.repeat, order_.session, {}};
        try {
            answer = graded_answer(turn);
        } catch (const base::Error& error) {
            failure.reason = error.what();
        }
        if (answer) {
            results_.add(run_, *answer);
        } else {
            results_.add_failure(run_, failure);
        }
        ++progress_.done;
        progress_.contender = &contenders_[turn.contender];
        progress_.answer = answer ? &*answer : nullptr;
        progress_.failure = answer ? nullptr : &failure;
        if (on_progress_) on_progress_(progress_);
        if (!answer) count_failure(failure);
    }

    /// Throws if there is no answer, or nobody could judge it.
    Answer graded_answer(const Trial& turn) {
        const tasks::Prompt& prompt = prompts_[turn.prompt];
        Answer answer = backends_[turn.contender]->answer(prompt, turn.repeat);
        answer.contender = static_cast<std::int64_t>(turn.contender);
        answer.session = order_.session;
        if (options_.judge != nullptr && !prompt.answer.empty()) {
            add_verdict(options_.judge->judge(prompt, answer.text), options_.judge->contender(), answer);
        } else {
            answer.right = tasks::grade(prompt, answer.text);
        }
        return answer;
    }

    void count_failure(const Failure& failure) {
        constexpr std::int64_t least = 5, share = 20;
        const std::int64_t most = options_.max_failures.value_or(std::max(least, progress_.all / share));
        last_failure_ =
            fmt::format("the last, of {} to \"{}\": {}", contenders_[static_cast<std::size_t>(failure.contender)].label,
                        failure.prompt, failure.reason);
        if (++failed_ <= most) return;
        base::fail(
            base::ErrorCode::system,
            "{} answers failed, more than the {} of --max-failures; {} {} of {} answers are kept in {}: the same "
            "command goes on from there.",
            failed_, most, last_failure_, results_.answers(run_), progress_.all, results_.path().string());
    }

    std::span<const std::unique_ptr<Backend>> backends_;
    std::span<const tasks::Prompt> prompts_;
    const ExperimentOptions& options_;
    Results& results_;
    const ExperimentCallback& on_progress_;
    std::vector<Contender> contenders_;
    ScheduleOptions order_;
    ThrottleWatch throttle_;
    RunId run_ = 0;
    ExperimentProgress progress_;
    std::int64_t failed_ = 0;   // in this start
    std::string last_failure_;  // of them
};

}  // namespace

RunId run_experiment(std::span<const std::unique_ptr<Backend>> backends, std::span<const tasks::Prompt> prompts,
                     const ExperimentOptions& options, Results& results, const ExperimentCallback& on_progress) {
    return Running(backends, prompts, options, results, on_progress).run();
}

}  // namespace ergon::lab
