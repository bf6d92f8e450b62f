#pragma once
// Causal attention of one group of query rows over the keys and values that they share, and its gradient.

#include <cstdint>
#include <vector>

#include "train/layers/layer.h"

namespace ergon::train {

/// The query rows of one document that share keys and values: row i is head i % heads of token i / heads. Widths are
/// those of the first values of each row that count.
struct AttentionRows {
    std::int64_t tokens = 0, heads = 1;
    std::int64_t key_width = 0, value_width = 0;
    std::int64_t query_stride = 0;  // between rows
    std::int64_t key_stride = 0;    // between positions
    std::int64_t value_stride = 0;
    std::int64_t out_stride = 0;  // between rows: value_width if a token has several

    std::int64_t rows() const { return tokens * heads; }
};

struct AttentionForward {
    AttentionRows shape;
    const float* queries = nullptr;
    const float* keys = nullptr;
    const float* values = nullptr;
    float* out = nullptr;
};
/// out = softmax(scale * queries keys^T) values, token t seeing positions up to t: the engine's attention, bit for bit.
void attend(const Context& c, const std::vector<AttentionForward>& groups, float scale);

/// Gradients have the strides of what they belong to; that of the values may lie within that of the keys.
struct AttentionBackward {
    AttentionRows shape;
    const float* queries = nullptr;
    const float* keys = nullptr;
    const float* values = nullptr;
    const float* d_out = nullptr;
    float* d_queries = nullptr;  // written
    float* d_keys = nullptr;     // added to
    float* d_values = nullptr;   // added to
};
/// A group whose keys another group shares must name the same d_keys and stand right behind it: groups with the same
/// d_keys run one after the other, in order.
void attend_backward(const Context& c, const std::vector<AttentionBackward>& groups, float scale);

}  // namespace ergon::train
