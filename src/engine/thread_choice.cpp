#include "engine/thread_choice.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "energy/ledger/window.h"
#include "engine/scheduler.h"

namespace ergon::engine {
namespace {

using base::Joules;
using base::Seconds;
using model::TokenId;

// Speeds within this share of the best are about as good (the rule; joules decide among them).
constexpr double about_as_quick = 0.05;
// What the least of short passes scatters by: two counts whose speeds differ by 3 to 5% were told apart by it, and the
// choice, worth twice the processor time, fell by chance (docs/performance.md).
constexpr double timing_scatter = 0.03;
// A count this much slower than the best is not halved: a half as many would have to be quicker than it (assumed).
constexpr double far_too_slow = 1.5;
// Enough that each count meets a quiet moment of a machine with some other work (assumed), within these times.
constexpr int first_passes = 3, max_rounds = 10, min_rounds = 3;
constexpr Seconds enough_time{0.3}, max_time{1};

constexpr std::int64_t prompt_tokens = 32;    // what one pass of reading reads
constexpr std::int64_t generated_tokens = 8;  // and one of generating generates, at most
constexpr Seconds long_enough_pass{0.002};    // beside the clocks' nanoseconds and a wake of 50 us
constexpr std::int64_t counter_steps = 20;    // in a pass from which on a counter tells it to 5%
// Other programs that take more than this of a thread, beyond two ticks of the clock that counts them.
constexpr double tolerated_others = 0.25;
constexpr Seconds two_ticks{0.02};

void keep_least(ThreadPass& least, const ThreadPass& pass) {
    least.elapsed = std::min(least.elapsed, pass.elapsed);
    least.estimated = std::min(least.estimated, pass.estimated);
    if (!pass.counted) least.counted.reset();
    if (least.counted) least.counted = std::min(*least.counted, *pass.counted);
}

/// A model's passes on this machine.
class Passes {
  public:
    Passes(model::LanguageModel& model, model::CacheType cache, const energy::MeterOptions& machine)
        : model_(model),
          tokens_(std::min(prompt_tokens, model.context_length() / 2)),
          cache_(model.make_cache(tokens_ + generated_tokens, cache)),
          reader_(machine),
          procfs_(machine.procfs) {
        base::RandomSequence random(20240517);
        for (std::int64_t i = 0; i < tokens_; ++i) {
            ids_.push_back(static_cast<TokenId>(random.below(static_cast<std::uint64_t>(model.vocabulary()))));
        }
    }

    /// Once, so that weights are in memory and all threads have run; then learns how long a token takes.
    void warm_up(int threads) {
        read(threads);
        const ThreadPass one = generate(threads);
        steps_ =
            std::clamp(static_cast<std::int64_t>(long_enough_pass / one.elapsed), std::int64_t{1}, generated_tokens);
    }
    ThreadPass read(int threads) {
        cache_->truncate(0);
        return timed(threads, [this] {
            const model::StepItem item{cache_.get(), ids_, model::Role::prompt, 1};
            model_.forward({&item, 1}, logits_, account_);
        });
    }
    /// As an answer is generated, with what lies between its steps: threads that slept meanwhile come late to the next.
    ThreadPass generate(int threads) {
        model_.use_threads({threads, threads});
        cache_->truncate(tokens_ - 1);
        GenerationOptions options;
        options.max_tokens = steps_ + 1;
        Scheduler scheduler(model_, nullptr, nullptr);
        const auto answer = scheduler.add({ids_, options, cache_.get(), {}, nullptr});
        scheduler.step();  // the prompt's last token; the first of the answer comes of it
        return timed(threads, [&] {
            while (scheduler.step()) {
            }
        });
    }

    /// Processor time of other programs so far, in ticks.
    Seconds others() const {
        const energy::BusyTime busy = energy::read_busy_time(procfs_);
        return base::to_seconds(busy.machine - busy.program);
    }

  private:
    template <typename Work>
    ThreadPass timed(int threads, const Work& work) {
        model_.use_threads({threads, threads});
        std::optional<energy::Window> window;
        if (reader_.counts_machine()) window.emplace(reader_);
        const base::Nanoseconds program = energy::program_time(), begin = base::now();
        work();
        ThreadPass pass{base::to_seconds(base::now() - begin), {}, {}};
        const Seconds busy = base::to_seconds(energy::program_time() - program);
        const energy::MachineEstimate& estimate = reader_.estimate();
        pass.estimated = estimate.idle.value * pass.elapsed + estimate.active_per_thread.value * busy;
        const Seconds step = base::to_seconds(reader_.uncertainty().counter_step);
        if (window && pass.elapsed > step * static_cast<double>(counter_steps)) {
            const energy::Figure counted = window->figures().joules;
            if (counted.method != energy::Method::estimated) pass.counted = counted.value;
        }
        return pass;
    }

    model::LanguageModel& model_;
    std::int64_t tokens_;
    std::int64_t steps_ = 1;  // of a pass that generates
    std::unique_ptr<model::Cache> cache_;
    energy::MachineReader reader_;
    std::filesystem::path procfs_;
    std::vector<TokenId> ids_;
    std::vector<float> logits_;
    energy::WorkAccount account_{false};
};

/// 1, 2, 4, ... and `most`, the largest first.
std::vector<int> counts_up_to(int most) {
    std::vector<int> counts{most};
    for (auto power = std::bit_floor(static_cast<unsigned>(most)); power >= 1; power /= 2) {
        if (static_cast<int>(power) != most) counts.push_back(static_cast<int>(power));
    }
    return counts;
}

}  // namespace

std::vector<ThreadTrial> time_passes(int most, const std::function<ThreadPass(int threads)>& run) {
    std::vector<ThreadTrial> trials;
    Seconds spent{};
    const auto pass = [&](ThreadTrial& trial) {
        const ThreadPass one = run(trial.threads);
        spent += one.elapsed;
        keep_least(trial.least, one);
    };
    Seconds best{};
    for (const int threads : counts_up_to(most)) {
        const ThreadPass first = run(threads);
        spent += first.elapsed;
        ThreadTrial& trial = trials.emplace_back(ThreadTrial{threads, first});
        for (int i = 1; i < first_passes && spent < max_time; ++i) pass(trial);
        best = trials.size() == 1 ? trial.least.elapsed : std::min(best, trial.least.elapsed);
        if (trial.least.elapsed > best * far_too_slow) break;
    }
    for (int round = 0; round < max_rounds; ++round) {
        if (spent > max_time || (spent > enough_time && round >= min_rounds)) break;
        std::ranges::reverse(trials);
        for (ThreadTrial& trial : trials) pass(trial);
    }
    return trials;
}

int cheapest_quick_count(std::span<const ThreadTrial> trials) {
    const bool counted =
        std::ranges::all_of(trials, [](const ThreadTrial& one) { return one.least.counted.has_value(); });
    const auto joules = [&](const ThreadTrial& one) { return counted ? *one.least.counted : one.least.estimated; };
    Seconds best = trials.front().least.elapsed;
    for (const ThreadTrial& one : trials) best = std::min(best, one.least.elapsed);
    const ThreadTrial* chosen = nullptr;
    for (const ThreadTrial& one : trials) {
        if (one.least.elapsed * (1 - about_as_quick - timing_scatter) > best) continue;
        const bool better = chosen == nullptr || joules(one) < joules(*chosen) ||
                            (joules(one) == joules(*chosen) && one.threads < chosen->threads);
        if (better) chosen = &one;
    }
    return chosen->threads;
}

TimedThreads choose_threads(model::LanguageModel& model, int most, model::CacheType cache,
                            const energy::MeterOptions& machine) {
    if (most == 1 || model.context_length() < 2 * generated_tokens) {
        model.use_threads({most, most});
        return {{most, most}};
    }
    Passes passes(model, cache, machine);
    passes.warm_up(most);
    const base::Nanoseconds begin = base::now();
    const Seconds others = passes.others();
    TimedThreads timed;
    timed.threads.few = cheapest_quick_count(time_passes(most, [&](int threads) { return passes.generate(threads); }));
    timed.threads.many = cheapest_quick_count(time_passes(most, [&](int threads) { return passes.read(threads); }));
    const Seconds elapsed = base::to_seconds(base::now() - begin);
    timed.disturbed = passes.others() - others > elapsed * tolerated_others + two_ticks;
    model.use_threads(timed.threads);
    return timed;
}

}  // namespace ergon::engine
