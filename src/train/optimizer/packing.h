#pragma once
// Examples, and how they are put together into the batches that go through the layers.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "train/optimizer/objective.h"
#include "train/rl/grpo_loss.h"

namespace ergon::train {

/// A document with the weight of each token's loss: loss_weights[t] is of ids[t], predicted from those before it.
struct Example {
    std::vector<TokenId> ids;
    std::vector<float> loss_weights;
    std::optional<PolicyTerms> policy = {};  // of a sampled answer; nothing: the tokens are to be learnt as they are
};

/// Documents one after the other, with what is to be learnt of them.
struct MicroBatch {
    Batch batch;
    std::vector<Prediction> predictions;
    std::vector<float> weights;           // of each prediction
    std::vector<const Example*> example;  // of each prediction; must outlive this
    std::vector<std::size_t> token;       // of each prediction: its target's index in the example

    /// The weighted loss of a prediction.
    TokenLoss loss(std::int64_t prediction, double log_probability, const PolicyOptions& options) const;
};

/// Whole examples in their order; a new micro-batch where the next would go beyond `micro_tokens`. Throws
/// Error(bad_argument) for an example that is empty, longer than `document` tokens, or without a weight for each token.
std::vector<MicroBatch> pack(std::span<const Example> examples, std::int64_t micro_tokens, std::int64_t document);

}  // namespace ergon::train
