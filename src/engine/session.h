#pragma once
// One conversation: its cache, and answers one after another.

#include <atomic>
#include <memory>
#include <vector>

#include "engine/loaded_model.h"
#include "engine/scheduler.h"

namespace ergon::engine {

struct ContextOptions {
    std::int64_t tokens = 0;  // 0: default_context
    model::CacheType cache = model::CacheType::f16;
};

/// What the model was made for, but at most 32,768 tokens if it thinks (DeepSeek's limit for an answer of R1) and 8,192
/// else (assumed).
std::int64_t default_context(const LoadedModel& model);

/// Bytes that a context takes. Throws Error(bad_argument) if it is longer than the model was made for.
base::Bytes context_bytes(const LoadedModel& model, const ContextOptions& options);

class Session {
  public:
    /// Takes the memory of the context. `model` and `meter` (may be null) must outlive the session.
    /// Throws Error(bad_argument) for a context that the model was not made for, Error(out_of_budget) if the memory is
    /// not there.
    Session(const LoadedModel& model, const ContextOptions& options, energy::Meter* meter);

    std::int64_t context() const { return cache_->capacity(); }
    base::Bytes context_bytes() const { return bytes_; }

    /// Answers a prompt. What it has in common with the tokens of the cache is not read again (contract 1 of
    /// docs/architecture.md: an earlier answer stays as it was generated). Throws Error(out_of_budget) if the prompt
    /// does not fit.
    Answer answer(std::vector<TokenId> prompt, const GenerationOptions& options, ChunkCallback on_chunk = {},
                  const std::atomic<bool>* cancelled = nullptr);

    /// Forgets everything: the next prompt is read from its beginning.
    void clear();

  private:
    const LoadedModel& model_;
    energy::Meter* meter_;
    base::Bytes bytes_;
    std::unique_ptr<model::Cache> cache_;
    std::vector<TokenId> tokens_;  // those in the cache
};

}  // namespace ergon::engine
