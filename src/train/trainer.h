#pragma once
// Steps of training: examples packed into batches, gradients, one update of the weights and of the experts' biases.

#include <cstdint>
#include <functional>
#include <vector>

#include "train/adamw.h"
#include "train/transformer.h"

namespace ergon::train {

/// A document with the weight of each token's loss: loss_weights[t] is of ids[t], predicted from those before it.
struct Example {
    std::vector<TokenId> ids;
    std::vector<float> loss_weights;
};

/// The example at a place of an endless sequence: a function of the place alone, so that a run goes on from a number.
using Examples = std::function<Example(std::int64_t place)>;

struct TrainerOptions {
    AdamwOptions adamw;
    Schedule schedule;
    std::int64_t batch_tokens = 0;  // of one step: examples are taken until they reach it
    std::int64_t micro_tokens = 0;  // that go through the layers at a time
    std::int64_t document = 0;      // tokens of an example, at most
    bool recompute = false;
    float mtp_factor = 0;  // lambda
    Balance balance;       // its losses are per document (sequence) or per batch
};

struct StepReport {
    std::int64_t step = 0;    // counted from 1
    std::int64_t tokens = 0;  // that went through the layers
    std::int64_t examples = 0;
    double loss = 0;  // mean over what counts, in nats per token
    double mtp_loss = 0;
    double balance_loss = 0;
    double accuracy = 0;        // share of the predictions whose token was the likeliest
    double mtp_acceptance = 0;  // share of the drafts that the model would have accepted
    double gradient_norm = 0;   // before clipping
    double learning_rate = 0;
    double max_violation = 0;  // MaxVio: of the layers, the largest (highest load - mean) / mean
    bool diverged = false;     // loss or gradient is not a number: the weights were left as they were
};

/// What a run of training holds.
struct Memory {
    WeightBytes weights;
    base::Bytes moments{};
    base::Bytes activations{};  // kept for the way back and borrowed
    base::Bytes total() const { return weights.values + weights.gradients + weights.rounded + moments + activations; }
};
/// On paper, before anything is taken. Throws Error(unsupported) as Weights does.
Memory memory_of(const Architecture& architecture, const TrainerOptions& options);

class Trainer {
  public:
    /// Throws Error(out_of_budget | bad_argument).
    Trainer(Weights& weights, const TrainerOptions& options, base::ThreadPool& pool);

    /// The next step, on examples from `place()` on.
    StepReport step(const Examples& examples);

    std::int64_t steps() const { return adamw_.steps(); }
    std::int64_t place() const { return place_; }
    /// To go on from a checkpoint.
    void set_place(std::int64_t place) { place_ = place; }
    Adamw& adamw() { return adamw_; }
    Transformer& transformer() { return transformer_; }
    /// As it is held.
    Memory memory() const { return {weights_.bytes(), adamw_.bytes(), transformer_.bytes()}; }

  private:
    struct MicroBatch {
        Batch batch;
        std::vector<Prediction> predictions;
        std::vector<float> weights;
    };
    std::vector<MicroBatch> assemble(const Examples& examples);
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
