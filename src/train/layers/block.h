#pragma once
// One layer of the transformer: x + attention(norm x), then + feed_forward(norm of that).

#include <cstdint>
#include <variant>
#include <vector>

#include "train/layers/layers.h"

namespace ergon::train {

/// What the backward pass needs; all [tokens, hidden_size].
struct BlockSaved {
    float* x;                   // what came in
    StoredTensor attention_in;  // its norm
    float* middle;              // x + attention
    StoredTensor ffn_in;        // its norm
    std::variant<GqaSaved, MlaSaved> attention;
    std::variant<FfnSaved, MoeSaved> ffn;
    /// x is the caller's: it stays while other blocks may share the rest.
    static BlockSaved take(Arena& arena, const Architecture& a, bool experts, std::int64_t tokens, float* x);
};

/// From saved.x to y.
void block(const Context& c, const BlockWeights& w, const std::vector<Weights::Bias>& biases, BlockSaved& saved,
           float* y);
/// d [tokens, hidden_size]: the gradient by y becomes that by x. Returns the losses of `balance`.
double block_backward(const Context& c, const BlockWeights& w, BlockSaved& saved, const Balance& balance, float* d);

}  // namespace ergon::train
