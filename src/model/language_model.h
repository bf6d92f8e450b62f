#pragma once
// What the engine knows of a model: tokens in, logits out, a cache per sequence, and an account of the work.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "energy/ledger/work_account.h"

namespace ergon::model {

using TokenId = std::int32_t;

/// Keys and values of one sequence. Made by the model that uses it.
class Cache {
  public:
    virtual ~Cache() = default;
    std::int64_t length() const { return length_; }      // positions filled
    std::int64_t capacity() const { return capacity_; }  // positions that fit
    /// Forgets positions from `length` on; at most the present length.
    void truncate(std::int64_t length) { length_ = length < length_ ? length : length_; }

  protected:
    explicit Cache(std::int64_t capacity) : capacity_(capacity) {}
    std::int64_t length_ = 0;
    std::int64_t capacity_ = 0;
};

/// Number format of cached keys and values.
enum class CacheType : std::uint8_t { f16, f32 };

/// Whether a token was read or generated: decides which form of latent attention computes it (contract 1 of
/// docs/architecture.md).
enum class Role : std::uint8_t { prompt, generated };

/// Some tokens of one sequence, to be appended to its cache.
struct StepItem {
    Cache* cache = nullptr;
    std::span<const TokenId> tokens;
    Role role = Role::prompt;
    /// How many of the last tokens want logits (0: none, 1: the last, tokens.size(): all).
    std::int64_t logits = 1;
};

/// Filled by forward on demand: the residual stream [layers + 1, tokens of the step, hidden_size], 0 being the
/// embedding.
struct HiddenStates {
    std::vector<float> values;
};

/// Threads that compute a step, by its tokens. Whatever they are, the bits are the same (contract 1 of
/// docs/architecture.md).
struct StepThreads {
    int few = 1;   // where one or a few sequences generate
    int many = 1;  // where prompts are read, or many sequences generate
    /// From so many tokens on a step has many: halfway, in ratios, from 1 to the 32 that are timed to choose (see
    /// engine/thread_choice.h).
    static constexpr std::int64_t many_tokens = 6;
    int of(std::int64_t tokens) const { return tokens < many_tokens ? few : many; }
    bool operator==(const StepThreads&) const = default;
};

class LanguageModel {
  public:
    virtual ~LanguageModel() = default;

    /// From the next step on. A model computes with all threads that it was loaded with until it is told; one that
    /// computes nothing is free to ignore it. Throws Error(bad_argument) for more threads than there are, or none.
    virtual void use_threads(const StepThreads&) {}

    virtual std::int64_t vocabulary() const = 0;
    /// Positions that the model was made for.
    virtual std::int64_t context_length() const = 0;
    /// Bytes that a cache takes for each position.
    virtual base::Bytes cache_bytes_per_token(CacheType type) const = 0;
    /// Names of the components that the account's ids stand for, by id.
    virtual const std::vector<std::string>& component_names() const = 0;

    /// Throws Error(out_of_budget) if the memory cannot be had, Error(bad_argument) beyond context_length().
    virtual std::unique_ptr<Cache> make_cache(std::int64_t capacity, CacheType type) const = 0;

    /// Runs one step: any mix of prompt pieces and single tokens of several sequences (each sequence at most once).
    /// Appends keys and values to the caches. `logits` is resized to [sum of items' logits, vocabulary()], in the order
    /// of the items. Throws Error(out_of_budget) before anything is changed if a cache is full; Error(bad_argument) for
    /// ids outside the vocabulary. Error(bad_file) if a logit is not finite; the caches are then of no use.
    virtual void forward(std::span<const StepItem> step, std::vector<float>& logits, energy::WorkAccount& account,
                         HiddenStates* hidden = nullptr) = 0;
};

}  // namespace ergon::model
