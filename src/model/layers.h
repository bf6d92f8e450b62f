#pragma once
// The layers: each takes the rows of a step and writes as many.

#include <cstdint>

#include "model/operations.h"
#include "model/weights/weights.h"

namespace ergon::model {

/// Attention over grouped queries. x, y [tokens, hidden_size]. Appends keys and values to the caches (not their
/// lengths).
void attention_gqa(const Context& c, std::int64_t layer, const GqaWeights& w, const float* x, float* y);

/// Multi-head latent attention. x, y as above.
void attention_mla(const Context& c, std::int64_t layer, const MlaWeights& w, const float* x, float* y);

/// y = down( silu(gate x) * (up x) ) for `component`. x, y [tokens, hidden_size].
void feed_forward(const Context& c, Component component, const DenseFfn& w, const float* x, float* y);

/// y = shared(x) + sum over the chosen experts of weight * expert(x). x, y [tokens, hidden_size].
void mixture_of_experts(const Context& c, const MoeFfn& w, const float* x, float* y);

}  // namespace ergon::model
