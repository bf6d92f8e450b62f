#pragma once
// What a step predicts, and what the loss makes of it.

#include <cstdint>
#include <functional>
#include <vector>

#include "train/layers/batch.h"

namespace ergon::train {

/// Row `row` of a batch is to give `target` as its next token.
struct Prediction {
    std::int64_t row = 0;
    TokenId target = 0;
};

struct TokenLoss {
    double loss = 0;
    double slope = 0;  // d loss / d log-probability
};
/// The loss of prediction `index`, given the target's log-probability (of base e). Called from several threads.
using Objective = std::function<TokenLoss(std::int64_t index, double log_probability)>;

}  // namespace ergon::train
