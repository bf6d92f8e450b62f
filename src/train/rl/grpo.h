#pragma once
// Reinforcement learning by group relative policy optimisation (Shao et al., 2024): answers are sampled, rewarded by
// rules, and made more or less likely by how they compare within their group.

#include <vector>

#include "tasks/prompt_set.h"
#include "train/optimizer/trainer.h"
#include "train/rl/reward.h"
#include "train/rl/rollout.h"

namespace ergon::train {

struct GrpoOptions {
    std::int64_t problems = 0;         // of a round
    std::int64_t updates = 1;          // steps of the optimiser in a round; the first is on policy exactly
    std::int64_t reference_every = 0;  // rounds after which the reference becomes the model itself; 0: never
    RolloutOptions rollout;
    RewardOptions reward;
};

class Grpo {
  public:
    /// All must outlive it. The reference is the model as it is now. Throws Error(bad_argument) for problems that are
    /// too few.
    Grpo(const GrpoOptions& options, const PolicyOptions& policy, std::vector<tasks::Prompt> problems,
         const engine::ChatFormat& words, Weights& weights, Trainer& trainer, base::ThreadPool& pool);

    /// One round: samples, then `updates` steps on them. The report's loss and shares are means of the steps'.
    StepReport round();
    /// What a checkpoint needs beside the model: the reference, if there is one. Points into this object.
    std::vector<tensor::TensorView> state() const;

  private:
    std::vector<tasks::Prompt> next_problems();
    std::vector<Example> examples_of(const std::vector<Sample>& samples, const std::vector<tasks::Prompt>& problems,
                                     RoundReport& report);
    void add_log_probabilities(std::vector<Example>& examples);
    bool teaches_by_advantage_alone() const;
    void swap_reference();
    void take_reference();

    GrpoOptions options_;
    PolicyOptions policy_;
    std::vector<tasks::Prompt> problems_;
    const engine::ChatFormat& words_;
    Weights& weights_;
    Trainer& trainer_;
    base::ThreadPool& pool_;
    CountedWork work_;
    std::vector<float> reference_;  // values, then biases; empty: no divergence is counted
};

}  // namespace ergon::train
