#pragma once
// The slots of a step: a slot is one token at one of its experts.

#include <cstdint>
#include <vector>

#include "base/threads.h"
#include "model/config/config.h"

namespace ergon::model {

/// Slots sorted by expert, then by token: each expert meets its tokens together, and its weights are read once.
struct ExpertDispatch {
    std::vector<std::int32_t> chosen;   // [tokens, num_experts_per_tok], ascending
    std::vector<float> weight;          // [tokens, num_experts_per_tok]
    std::vector<std::int64_t> begin;    // [experts + 1]: first slot of each expert
    std::vector<std::int32_t> token;    // [slots]: whose slot it is
    std::vector<std::int32_t> slot_of;  // [tokens, num_experts_per_tok]

    /// Fills `chosen` and `weight` (choose_experts). logits [tokens, n_routed_experts] are overwritten by the scores.
    /// Returns the workers' busy time.
    base::Nanoseconds choose(const Config& config, const std::vector<float>& correction_bias, std::int64_t tokens,
                             float* logits, base::ThreadPool& pool);
    /// Fills the rest.
    void sort(const Config& config);
};

}  // namespace ergon::model
