#pragma once
// Choosing the next token from logits. The same choice on every machine.

#include <cstdint>
#include <span>
#include <vector>

#include "model/language_model.h"

namespace ergon::engine {

using model::TokenId;

/// How a token is chosen. The defaults choose the likeliest one.
struct SamplerSettings {
    double temperature = 0;     // 0: greedy; else logits are divided by it
    std::int64_t top_k = 0;     // keep the k likeliest; 0: all
    double top_p = 1;           // keep the smallest set of likeliest tokens with at least this share; 1: all
    double min_p = 0;           // keep tokens at least this likely compared with the likeliest; 0: all
    double repeat_penalty = 1;  // logits of tokens already seen: divided by it if positive, else multiplied; 1: off
    std::uint64_t seed = 0;

    bool operator==(const SamplerSettings&) const = default;
};

/// Throws Error(bad_argument) naming the first setting that is out of its range.
void check(const SamplerSettings& settings);

/// Order of the steps: repeat penalty (Keskar et al. 2019; over every token of the prompt and of what was generated),
/// temperature, top-k, top-p (of what top-k kept), min-p, and one draw from what is left, in order of ids. Ties go to
/// the lowest id. The draw is random_uniform(seed, choice, position); exponentials are our kernels', sums run in double
/// in a fixed order: sampled text depends neither on the instruction set nor on what else runs (contract 1 of
/// docs/architecture.md).
class Sampler {
  public:
    /// `choice` is the index of this answer among those asked for in one request.
    explicit Sampler(const SamplerSettings& settings, std::uint64_t choice = 0);

    /// `logits` [vocabulary] is overwritten. `history` holds the tokens of the sequence so far, so that the token
    /// chosen takes position history.size(). Throws Error(bad_file) if the chosen logit is not a finite number.
    TokenId choose(std::span<float> logits, std::span<const TokenId> history);

  private:
    struct Candidate {
        float probability;
        TokenId id;
    };
    static bool more_likely(const Candidate& a, const Candidate& b);
    static bool by_id(const Candidate& a, const Candidate& b);
    void penalise(std::span<float> logits, std::span<const TokenId> history);
    void keep_likeliest(std::size_t count);
    void keep_nucleus();
    void keep_above(float floor);
    TokenId draw(std::uint64_t position) const;

    SamplerSettings settings_;
    std::uint64_t choice_;
    std::vector<Candidate> kept_;  // in the order of ids between the steps
    std::vector<bool> seen_;
};

}  // namespace ergon::engine
