#pragma once
// What the samples of a round of reinforcement learning were like.

#include <cstdint>

namespace ergon::train {

/// What a round's samples were like: means over all of them.
struct RoundReport {
    double reward = 0, right = 0, well_formed = 0;  // of these the latter two are shares
    double capped = 0;                              // share that did not come to an end by itself
    double thinking_tokens = 0, answer_tokens = 0;
    double joules = 0;                // counted work by the recipe's coefficients, per answer
    double divergence = 0;            // k3 from the reference, mean over the first step's answers; 0 if not counted
    double informative = 0;           // share of the groups whose rewards differ
    std::int64_t sampled_tokens = 0;  // generated in the round
};

}  // namespace ergon::train
