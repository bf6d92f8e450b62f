#include "engine/benchmark.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "engine/scheduler.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;
using base::Phase;

// For the check: enough tokens for several pieces of a prompt and several steps, few enough to cost little (assumed).
constexpr std::int64_t checked_prompt = 40;
constexpr std::int64_t checked_tokens = 8;
constexpr std::int64_t checked_pieces = 16;

std::vector<TokenId> random_prompt(std::int64_t vocabulary, std::int64_t length, std::int64_t sequence) {
    base::RandomSequence random(20240517, static_cast<std::uint64_t>(sequence));
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < length; ++i) {
        ids.push_back(static_cast<TokenId>(random.below(static_cast<std::uint64_t>(vocabulary))));
    }
    return ids;
}

double seconds_since(base::Nanoseconds begin) {
    return base::to_seconds(base::now() - begin).value();
}

/// Sequences of random tokens that are read, and then generate, together.
class Batch {
  public:
    Batch(model::LanguageModel& model, energy::Meter* meter, std::int64_t first, std::int64_t count,
          std::int64_t prompt, std::int64_t generate, model::CacheType cache,
          std::int64_t step_tokens = Scheduler::default_step_tokens)
        : scheduler_(model, nullptr, meter, step_tokens) {
        GenerationOptions options;
        options.max_tokens = generate;
        for (std::int64_t i = first; i < first + count; ++i) {
            caches_.push_back(model.make_cache(prompt + generate, cache));
            answers_.push_back(scheduler_.add(
                {random_prompt(model.vocabulary(), prompt, i), options, caches_.back().get(), {}, nullptr}));
        }
    }
    /// Until every sequence has its first token.
    void read() {
        while (std::ranges::any_of(answers_, [](const auto& answer) { return answer->tokens.empty(); }))
            scheduler_.step();
    }
    void run() { scheduler_.run(); }
    /// Seconds that a step took; nothing if all have ended.
    std::optional<double> timed_step();
    const std::vector<std::shared_ptr<const Answer>>& answers() const { return answers_; }

  private:
    std::vector<std::unique_ptr<model::Cache>> caches_;
    std::vector<std::shared_ptr<const Answer>> answers_;
    Scheduler scheduler_;
};

std::optional<double> Batch::timed_step() {
    const base::Nanoseconds begin = base::now();
    if (!scheduler_.step()) return std::nullopt;
    return seconds_since(begin);
}

energy::Figure energy_of(const Batch& batch, base::Phase phase) {
    energy::Figure sum;
    for (const auto& answer : batch.answers()) sum += (*answer->energy)[phase].total;
    return sum;
}

}  // namespace

std::string_view name(Workload workload) {
    return workload == Workload::prefill ? "prefill" : "decode";
}

BenchmarkRun run_benchmark(model::LanguageModel& model, energy::Meter& meter, const BenchmarkCase& test) {
    const bool reads = test.workload == Workload::prefill;
    const std::int64_t prompt = reads ? test.tokens : std::max<std::int64_t>(test.depth, 1);
    // The first token comes from reading; the others take a step each.
    const std::int64_t generate = reads ? 0 : test.tokens + 1;
    if (prompt + generate > model.context_length()) {
        base::fail(ErrorCode::bad_argument, "{} tokens do not fit into the model's context of {}.", prompt + generate,
                   model.context_length());
    }
    Batch batch(model, &meter, 0, test.batch, prompt, generate, test.cache);
    if (!reads) batch.read();
    const base::Nanoseconds begin = base::now(), busy = energy::program_time();
    batch.run();
    const double seconds = seconds_since(begin);
    BenchmarkRun run;
    run.busy = base::to_seconds(energy::program_time() - busy);
    run.tokens = test.tokens * test.batch;
    run.tokens_per_second = static_cast<double>(run.tokens) / seconds;
    run.energy = energy_of(batch, reads ? base::Phase::prompt : base::Phase::answer);
    return run;
}

std::vector<double> accounting_costs(model::LanguageModel& model, energy::Meter& meter, const BenchmarkCase& test) {
    const std::int64_t prompt = std::max<std::int64_t>(test.depth, 1), generate = test.tokens + 1;
    Batch with(model, &meter, 0, test.batch, prompt, generate, test.cache);
    Batch without(model, nullptr, 0, test.batch, prompt, generate, test.cache);
    with.read();
    without.read();
    std::vector<double> costs;
    for (bool with_first = true;; with_first = !with_first) {
        std::optional<double> metered, plain;
        if (with_first) metered = with.timed_step();
        plain = without.timed_step();
        if (!with_first) metered = with.timed_step();
        if (!metered || !plain) return costs;
        costs.push_back(*metered / *plain - 1);
    }
}

std::vector<std::vector<TokenId>> checked_answers(model::LanguageModel& model, std::int64_t batch,
                                                  model::CacheType cache) {
    const std::int64_t prompt = std::min(checked_prompt, model.context_length() - checked_tokens);
    Batch together(model, nullptr, 0, batch, prompt, checked_tokens, cache);
    together.run();
    std::vector<std::vector<TokenId>> tokens;
    for (std::int64_t i = 0; i < batch; ++i) {
        Batch alone(model, nullptr, i, 1, prompt, checked_tokens, cache, checked_pieces);
        alone.run();
        tokens.push_back(together.answers()[i]->tokens);
        if (alone.answers()[0]->tokens != tokens.back()) {
            base::fail(ErrorCode::unsupported,
                       "Sequence {} of a batch of {} gives other tokens than it does alone, so this build gives wrong "
                       "results and its speed is not measured; please report it.",
                       i, batch);
        }
    }
    return tokens;
}

}  // namespace ergon::engine
