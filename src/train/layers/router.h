#pragma once
// The router: which experts a token goes to, with what weight, and the backward pass (DeepSeek-V3, section 2.1.2).

#include <cstdint>
#include <vector>

#include "train/layers/layers.h"

namespace ergon::train {

/// Fills saved.scores and the choice in saved.slots from x [tokens, hidden_size].
void route(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x, MoeSaved& saved);

/// From d_weight [tokens, num_experts_per_tok] to the gradients of the router's matrix, and to dx, which is added to.
/// Adds the gradients of `balance`'s losses; returns their value.
double route_backward(const Context& c, const MoeWeights& w, const float* x, const MoeSaved& saved,
                      const std::vector<float>& d_weight, const Balance& balance, float* dx);

}  // namespace ergon::train
