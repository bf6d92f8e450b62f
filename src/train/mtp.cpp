#include "train/mtp.h"

#include <algorithm>

#include "train/embedding.h"

namespace ergon::train {

MtpSaved MtpSaved::take(Arena& arena, const model::Config& c, std::int64_t tokens) {
    const std::int64_t values = tokens * c.hidden_size;
    MtpSaved s{};
    s.embedded = arena.take(values);
    s.joined = arena.take(2 * values);
    s.block = BlockSaved::take(arena, c, c.is_moe_layer(c.num_hidden_layers), tokens, arena.take(values));
    s.out = arena.take(values);
    s.normed = arena.take(values);
    return s;
}

std::vector<TokenId> next_tokens(const Batch& batch) {
    std::vector<TokenId> next = batch.ids;
    for (const Document& d : batch.documents) {
        const auto first = next.begin() + d.first;
        std::copy(first + 1, first + d.tokens, first);
    }
    return next;
}

void mtp(const Context& c, const Weights& weights, const std::vector<Weights::Bias>& biases,
         const std::vector<TokenId>& next, const float* h, MtpSaved& s, Arena& arena) {
    const MtpWeights& w = *weights.mtp;
    const std::int64_t hidden = c.config.hidden_size;
    const double eps = c.config.rms_norm_eps;
    embed(c, weights.embedding, next, s.embedded, hidden);
    norm(c, c.tokens(), s.embedded, hidden, w.embedding_norm, eps, s.joined, 2 * hidden);
    norm(c, c.tokens(), h, hidden, w.hidden_norm, eps, s.joined + hidden, 2 * hidden);
    project(c, c.tokens(), {{w.projection, s.joined, s.block.x}});
    block(c, w.block, biases, s.block, arena, s.out);
    norm(c, c.tokens(), s.out, hidden, w.norm, eps, s.normed, hidden);
}

double mtp_backward(const Context& c, const Weights& weights, const std::vector<TokenId>& next, const float* h,
                    MtpSaved& s, const Balance& balance, Arena& arena, float* d, float* dh) {
    const MtpWeights& w = *weights.mtp;
    const std::int64_t before = arena.taken(), hidden = c.config.hidden_size, values = c.tokens() * hidden;
    const double eps = c.config.rms_norm_eps;
    float* const d_out = arena.take(values);
    std::fill_n(d_out, values, 0.0f);
    norm_backward(c, c.tokens(), s.out, hidden, w.norm, eps, d, hidden, d_out);
    const double loss = block_backward(c, w.block, s.block, balance, arena, d_out);

    float* const d_joined = arena.take(2 * values);
    project_backward(c, c.tokens(), {{w.projection, s.joined, d_out, d_joined}});
    norm_backward(c, c.tokens(), h, hidden, w.hidden_norm, eps, d_joined + hidden, 2 * hidden, dh);
    float* const d_embedded = d;
    std::fill_n(d_embedded, values, 0.0f);
    norm_backward(c, c.tokens(), s.embedded, hidden, w.embedding_norm, eps, d_joined, 2 * hidden, d_embedded);
    embed_backward(c, weights.embedding, next, d_embedded, hidden);
    arena.rewind(before);
    return loss;
}

}  // namespace ergon::train
