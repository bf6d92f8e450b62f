#pragma once
// Rows of the embedding and their gradient.

#include <span>

#include "train/layers/layer.h"

namespace ergon::train {

/// x[t] = embedding[ids[t]], rows `stride` apart.
void embed(const Context& c, const Weight& embedding, std::span<const TokenId> ids, float* x, std::int64_t stride);
/// The embedding's gradient += dx, token by token.
void embed_backward(const Context& c, const Weight& embedding, std::span<const TokenId> ids, const float* dx,
                    std::int64_t stride);

}  // namespace ergon::train
