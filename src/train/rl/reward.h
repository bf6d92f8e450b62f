#pragma once
// What a sampled answer is worth: by rules, never by another model.

#include "train/rl/rollout.h"

namespace ergon::train {

struct RewardOptions {
    double accuracy = 1;  // for a right answer
    double format = 0.1;  // for an answer that ends by itself, its thought closed where it thinks
    // What a right answer loses by its length. A wrong one loses nothing: where all of a group are wrong, however small
    // a cost would be all that tells them apart, and advantages, which have one deviation, would teach to be brief
    // alone.
    double token_cost = 0;  // for each generated token
    double joule_cost = 0;  // for each joule: counted work times the coefficients below
    double joules_per_byte = 0, joules_per_operation = 0;
};

struct Reward {
    double value = 0;
    bool right = false, well_formed = false;
    double joules = 0;  // counted; 0 without coefficients
};

/// Throws Error(bad_argument) for a problem that cannot be graded.
Reward reward_of(const Sample& sample, const tasks::Prompt& problem, const RewardOptions& options, bool thinking,
                 const CountedWork& work);

}  // namespace ergon::train
