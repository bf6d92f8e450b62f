#pragma once
// Answers sampled from the model as it stands, for reinforcement learning: by the engine, many at once.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/chat_format.h"
#include "engine/generation/generation.h"
#include "tasks/prompt_set.h"
#include "train/layers/batch.h"
#include "train/weights.h"

namespace ergon::train {

struct RolloutOptions {
    std::int64_t group = 8;         // answers to each problem
    std::int64_t max_tokens = 256;  // of an answer, its thought included
    std::int64_t document = 0;      // tokens of prompt and answer, at most
    std::int64_t at_once = 256;     // answers that grow together: each has a cache
    bool thinking = false;
    std::uint64_t seed = 0;
};

/// One sampled answer. Its tokens end with the end token if it came to its end by itself.
struct Sample {
    std::size_t problem = 0;
    std::vector<TokenId> ids;  // prompt and answer
    std::int64_t prompt = 0;   // tokens of the prompt
    engine::Answer answer;

    std::int64_t generated() const { return std::ssize(ids) - prompt; }
};

/// Bytes that the engine's copy of the weights and the caches take while so many answers are sampled.
base::Bytes rollout_bytes(const Architecture& architecture, const RolloutOptions& options, std::int64_t answers);

/// The problems as the model reads them. Throws Error(bad_argument) for one that leaves no room for an answer.
std::vector<std::vector<TokenId>> read_prompts(const engine::ChatFormat& words, std::span<const tasks::Prompt> problems,
                                               const RolloutOptions& options);

/// `group` answers to each of the problems, in order, at temperature 1: log-probabilities are those of training, bit
/// for bit (F32 weights and cache, the absorbed form of latent attention throughout). What is sampled is a function of
/// weights, problems and seed. Throws Error(bad_argument) for a prompt that leaves no room for an answer.
std::vector<Sample> sample_answers(const Weights& weights, const engine::ChatFormat& words,
                                   std::span<const tasks::Prompt> problems, const RolloutOptions& options,
                                   base::ThreadPool& pool);

/// What generating takes, counted in the engine for one answer alone: affine in the number of tokens before.
class CountedWork {
  public:
    CountedWork(const Weights& weights, base::ThreadPool& pool);
    /// Bytes read and operations of `tokens` generated behind `prompt` tokens.
    double bytes(std::int64_t prompt, std::int64_t tokens) const { return bytes_.sum(prompt, tokens); }
    double operations(std::int64_t prompt, std::int64_t tokens) const { return operations_.sum(prompt, tokens); }

  private:
    struct Line {
        double at_zero = 0, slope = 0;
        double sum(std::int64_t prompt, std::int64_t tokens) const {
            const auto n = static_cast<double>(tokens), p = static_cast<double>(prompt);
            return n * at_zero + slope * (n * p + n * (n - 1) / 2);
        }
    };
    Line bytes_, operations_;
};

}  // namespace ergon::train
