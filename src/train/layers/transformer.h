#pragma once
// The transformer as it is trained: forward keeps what backward needs, in memory taken once.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "train/layers/block.h"
#include "train/layers/head.h"
#include "train/layers/mtp.h"

namespace ergon::train {

struct Limits {
    std::int64_t tokens = 0;    // of a batch, at most
    std::int64_t document = 0;  // tokens of a document, at most
    bool recompute = false;     // keep only what enters each block; compute the rest again on the backward pass
};

/// Bytes that a Transformer will take besides the weights and their gradients.
base::Bytes activation_bytes(const Architecture& architecture, const Limits& limits);

/// What a batch asks for.
struct Task {
    std::span<const Prediction> predictions;
    Objective objective;
    /// Multi-token prediction: lambda, 0 for none, and the weight that each prediction's loss has in it. A prediction
    /// of a document's first row has no row before it that could make it two tokens ahead.
    float mtp_factor = 0;
    std::span<const float> mtp_weights;
    Balance balance;
};

struct StepResult {
    double loss = 0;          // of the objective
    double mtp_loss = 0;      // before the factor, weighted
    double balance_loss = 0;  // of all layers
    std::int64_t right = 0;   // predictions whose target was the likeliest token
    std::int64_t mtp_predictions = 0;
    /// Drafts that the model itself would have accepted: the block for multi-token prediction and the model, one token
    /// later, have the same likeliest token.
    std::int64_t mtp_accepted = 0;
};

class Transformer {
  public:
    /// `weights` and `pool` must outlive it. Throws Error(out_of_budget).
    Transformer(Weights& weights, const Limits& limits, base::ThreadPool& pool);

    /// Adds the gradients of the batch to those of the weights. Throws Error(bad_argument) for a batch beyond the
    /// limits, an id outside the vocabulary or a prediction outside the batch.
    StepResult step(const Batch& batch, const Task& task);
    /// Log-probabilities of the predictions' targets, no gradients. `hidden`, if not null, gets what the head read
    /// [tokens, hidden_size].
    std::vector<double> log_probabilities(const Batch& batch, std::span<const Prediction> predictions);
    /// Tokens that went to each expert since this was last cleared: [layers with experts, then the
    /// MTP block][n_routed_experts].
    std::vector<std::vector<std::int64_t>>& loads() { return loads_; }
    /// Activations: what is held, and the most of it that was in use.
    base::Bytes bytes() const { return arena_.size(); }
    base::Bytes max_used() const { return arena_.most(); }

  private:
    void check(const Batch& batch, std::span<const Prediction> predictions) const;
    void fill_angles(const Batch& batch);
    Context context(const Batch& batch);
    void forward(const Context& c);
    void backward(const Context& c, const Task& task, StepResult& result);
    HeadLoss predict_two(const Context& c, const Task& task, std::span<const TokenId> likeliest, StepResult& result);
    void count_loads(const BlockSaved& saved, std::size_t& layer);

    Weights& weights_;
    Limits limits_;
    base::ThreadPool& pool_;
    Arena arena_;
    Angles angles_;
    model::Rotary rotary_;
    Scratch scratch_;
    std::vector<BlockSaved> blocks_;
    float* out_ = nullptr;     // [tokens, hidden_size]: after the last block
    float* normed_ = nullptr;  // its norm, what the head reads
    float* d_ = nullptr;       // gradients that go back
    float* d_normed_ = nullptr;
    std::optional<MtpSaved> mtp_;
    std::vector<TokenId> next_;
    std::vector<std::vector<std::int64_t>> loads_;
};

}  // namespace ergon::train
