#pragma once
// The output head and the cross-entropy over it, some rows at a time, so that logits never take more than those.

#include <cstdint>
#include <span>

#include "train/layers/layer.h"
#include "train/optimizer/objective.h"

namespace ergon::train {

/// Rows whose logits are held at a time.
inline constexpr std::int64_t head_rows = 256;

struct HeadLoss {
    double loss = 0;
    std::int64_t right = 0;  // predictions whose target has the largest logit
};

/// Log-probabilities of the predictions' targets, from x [tokens, hidden_size] that the head reads. The engine's bits.
void log_probabilities(const Context& c, const Weight& head, const float* x, std::span<const Prediction> predictions,
                       double* result);

/// The objective's loss over the predictions. dx [tokens, hidden_size] is added to, and the head's gradient.
/// `largest`, if not null, gets the token of the largest logit of each prediction.
HeadLoss head_loss(const Context& c, const Weight& head, const float* x, std::span<const Prediction> predictions,
                   const Objective& objective, float* dx, TokenId* largest = nullptr);

}  // namespace ergon::train
