#pragma once
// Steps of training: examples packed into batches, gradients, one update of the weights and of the experts' biases.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "train/layers/transformer.h"
#include "train/optimizer/adamw.h"
#include "train/optimizer/packing.h"
#include "train/rl/round_report.h"

namespace ergon::train {

/// The example at a place of an endless sequence: a function of the place alone, so that a run goes on from a number.
using Examples = std::function<Example(std::int64_t place)>;

struct TrainerOptions {
    AdamwOptions adamw;
    Schedule schedule;
    std::int64_t batch_tokens = 0;    // of one step: examples are taken until they reach it,
    std::int64_t batch_examples = 0;  // or are so many, if this is not 0
    std::int64_t micro_tokens = 0;    // that go through the layers at a time
    std::int64_t document = 0;        // tokens of an example, at most
    bool recompute = false;
    float mtp_factor = 0;  // lambda
    Balance balance;       // its losses are per document (sequence) or per batch
    PolicyOptions policy;  // of sampled answers
};

struct StepReport {
    std::int64_t step = 0;    // counted from 1
    std::int64_t tokens = 0;  // that went through the layers, sampled ones too
    std::int64_t examples = 0;
    double loss = 0;  // mean over what counts, in nats per token
    double mtp_loss = 0;
    double balance_loss = 0;
    double accuracy = 0;        // share of the predictions whose token was the likeliest
    double mtp_acceptance = 0;  // share of the drafts that the model would have accepted
    double gradient_norm = 0;   // before clipping
    double learning_rate = 0;
    double max_violation = 0;  // MaxVio: of the layers, the largest (highest load - mean) / mean
    /// Tokens that went to each expert: [layers with experts, then the MTP block][n_routed_experts].
    std::vector<std::vector<std::int64_t>> loads;
    std::optional<RoundReport> round;  // of reinforcement learning, where the report is of a round
    bool diverged = false;             // loss or gradient is not a number: the weights were left as they were
};

/// What a run of training holds.
struct Memory {
    WeightBytes weights;
    base::Bytes moments{};
    base::Bytes activations{};  // kept for the backward pass, and scratch memory
    base::Bytes sampling{};     // of reinforcement learning: the engine's weights, caches, the reference
    base::Bytes total() const {
        return weights.values + weights.gradients + weights.rounded + moments + activations + sampling;
    }
};
/// On paper, before anything is taken. Throws Error(unsupported) as Weights does.
Memory memory_of(const Architecture& architecture, const TrainerOptions& options);

class Trainer {
  public:
    /// Throws Error(out_of_budget | bad_argument).
    Trainer(Weights& weights, const TrainerOptions& options, base::ThreadPool& pool);

    /// The next step, on examples from `place()` on until they fill a batch.
    StepReport step(const Examples& examples);
    /// One step on these examples. Gradients are divided by the sum of all weights, or by `total_weight` where examples
    /// that teach nothing were left out. `place` stays.
    StepReport step(std::span<const Example> examples, std::optional<double> total_weight = {});
    /// Log-probabilities of the tokens that have a weight, others 0: for each example [ids.size()].
    std::vector<std::vector<double>> log_probabilities(std::span<const Example> examples);

    std::int64_t steps() const { return adamw_.steps(); }
    std::int64_t place() const { return place_; }
    /// To go on from a checkpoint.
    void set_place(std::int64_t place) { place_ = place; }
    const TrainerOptions& options() const { return options_; }
    Adamw& adamw() { return adamw_; }
    Transformer& transformer() { return transformer_; }
    /// As it is held.
    Memory memory() const { return {weights_.bytes(), adamw_.bytes(), transformer_.bytes(), base::Bytes()}; }

  private:
    void move_biases();

    Weights& weights_;
    TrainerOptions options_;
    base::ThreadPool& pool_;
    Adamw adamw_;
    Transformer transformer_;
    std::int64_t place_ = 0;
};

/// The largest (highest load - mean) / mean of the layers (Wang et al., 2024); 0 without experts.
double max_violation(const std::vector<std::vector<std::int64_t>>& loads);

}  // namespace ergon::train
