#pragma once
// Several answers at once: every step takes one token of those that generate and some prompt tokens of those that read.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "energy/meter.h"
#include "engine/generation/generation.h"
#include "model/language_model.h"

namespace ergon::engine {

/// What a client asks for.
struct Request {
    std::vector<TokenId> prompt;
    GenerationOptions options;
    /// Holds the beginning of the prompt, as many tokens as are filled (fewer than the prompt has); the caller keeps it
    /// until the end.
    model::Cache* cache = nullptr;
    ChunkCallback on_chunk;
    /// Set by another thread or a signal to end the answer.
    const std::atomic<bool>* cancelled = nullptr;
    /// Told of the answer when it is over, energy included, in the step that ended it.
    std::function<void(const Answer& answer)> on_end = {};
};

/// Continuous batching over one model. Used by one thread. What a request gets does not depend on the others (contract
/// 1 of docs/architecture.md).
class Scheduler {
  public:
    /// Tokens of one step. Measured (docs/performance.md): longer prompt pieces gain little, and make others wait
    /// longer.
    static constexpr std::int64_t default_step_tokens = 512;

    /// All arguments must outlive the scheduler. Without a tokenizer there are tokens only, without a meter no joules.
    Scheduler(model::LanguageModel& model, const text::Tokenizer* tokenizer, energy::Meter* meter,
              std::int64_t step_tokens = default_step_tokens);
    ~Scheduler();

    /// From now on each step works on it. Returns the answer as it grows; it is complete when step() or run() says so.
    /// Throws Error(bad_argument) for a request that makes no sense, Error(out_of_budget) if the prompt does not fit
    /// its cache.
    std::shared_ptr<const Answer> add(Request request);
    /// Runs one step; false if there was nothing to do.
    bool step();
    void run() {
        while (step()) {
        }
    }
    std::size_t running() const { return active_.size(); }
    /// What the last step did; empty without a meter.
    const energy::WorkAccount& last_work() const { return account_; }

  private:
    struct Active;
    struct Slot;
    std::vector<Slot> plan();
    void end_cancelled();
    void finish(Active& active);
    void advance(std::vector<Slot>& slots);

    model::LanguageModel& model_;
    const text::Tokenizer* tokenizer_;
    energy::Meter* meter_;
    std::int64_t step_tokens_;
    std::vector<std::unique_ptr<Active>> active_;  // in order of arrival
    std::size_t first_ = 0;                        // whose turn it is when not all fit into a step
    std::vector<float> logits_;
    energy::WorkAccount account_;
};

}  // namespace ergon::engine
