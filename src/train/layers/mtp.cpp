#include "train/layers/mtp.h"

#include <algorithm>

#include "train/layers/embedding.h"

namespace ergon::train {

MtpSaved MtpSaved::take(Arena& arena, const Architecture& a, std::int64_t tokens) {
    const model::Config& c = a.config;
    const std::int64_t values = tokens * c.hidden_size;
    MtpSaved s{};
    s.embedded = arena.take(values);
    s.joined = StoredTensor::take(arena, wide_type(a.precision), tokens, 2 * c.hidden_size);
    s.block = BlockSaved::take(arena, a, c.is_moe_layer(c.num_hidden_layers), tokens, arena.take(values));
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
         const std::vector<TokenId>& next, const float* h, MtpSaved& s) {
    const MtpWeights& w = *weights.mtp;
    const std::int64_t hidden = c.config.hidden_size;
    const double eps = c.config.rms_norm_eps;
    {
        const Arena::Scope scratch(c.arena);
        float* const joined = draft(c, c.tokens(), s.joined);
        embed(c, weights.embedding, next, s.embedded, hidden);
        norm(c, c.tokens(), s.embedded, hidden, w.embedding_norm, eps, joined, 2 * hidden);
        norm(c, c.tokens(), h, hidden, w.hidden_norm, eps, joined + hidden, 2 * hidden);
        store(c, c.tokens(), joined, s.joined);
        project(c, c.tokens(), s.joined, {{w.projection, s.block.x}});
    }
    block(c, w.block, biases, s.block, s.out);
    norm(c, c.tokens(), s.out, hidden, w.norm, eps, s.normed, hidden);
}

double mtp_backward(const Context& c, const Weights& weights, const std::vector<TokenId>& next, const float* h,
                    MtpSaved& s, const Balance& balance, float* d, float* dh) {
    const MtpWeights& w = *weights.mtp;
    const Arena::Scope scratch(c.arena);
    const std::int64_t hidden = c.config.hidden_size, values = c.tokens() * hidden;
    const double eps = c.config.rms_norm_eps;
    float* const d_out = c.arena.take(values);
    std::fill_n(d_out, values, 0.0f);
    norm_backward(c, c.tokens(), s.out, hidden, w.norm, eps, d, hidden, d_out);
    const double loss = block_backward(c, w.block, s.block, balance, d_out);

    float* const d_joined = c.arena.take(2 * values);
    project_backward(c, c.tokens(), s.joined, {{w.projection, d_out}}, d_joined);
    norm_backward(c, c.tokens(), h, hidden, w.hidden_norm, eps, d_joined + hidden, 2 * hidden, dh);
    float* const d_embedded = d;
    std::fill_n(d_embedded, values, 0.0f);
    norm_backward(c, c.tokens(), s.embedded, hidden, w.embedding_norm, eps, d_joined, 2 * hidden, d_embedded);
    embed_backward(c, weights.embedding, next, d_embedded, hidden);
    return loss;
}

}  // namespace ergon::train
