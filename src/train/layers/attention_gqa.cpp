// Attention over grouped queries (Ainslie et al., 2023), with rotary embedding.
//
//   q = rotate(Wq x), k = rotate(Wk x), v = Wv x;  y = Wo concat over heads( softmax(scale q k^T) v )

#include <algorithm>

#include "model/attention/rotary.h"
#include "train/layers/attention.h"
#include "train/layers/layers.h"

namespace ergon::train {
namespace {

struct Widths {
    std::int64_t heads, kv_heads, shared, n, q, kv;
    explicit Widths(const model::Config& c)
        : heads(c.num_attention_heads),
          kv_heads(c.num_key_value_heads),
          shared(heads / kv_heads),
          n(c.head_dim),
          q(heads * n),
          kv(kv_heads * n) {}
    AttentionRows rows(std::int64_t tokens) const {
        return {.tokens = tokens,
                .heads = 1,
                .key_width = n,
                .value_width = n,
                .query_stride = q,
                .key_stride = kv,
                .value_stride = kv,
                .out_stride = q};
    }
};

}  // namespace

GqaSaved GqaSaved::take(Arena& arena, const Architecture& a, std::int64_t tokens) {
    const Widths w(a.config);
    return {arena.take(tokens * w.q), arena.take(tokens * w.kv), arena.take(tokens * w.kv),
            StoredTensor::take(arena, linear_type(a.precision), tokens, w.q)};
}

void attention_gqa(const Context& c, const GqaWeights& w, const StoredTensor& x, GqaSaved& saved, float* y) {
    const Widths width(c.config);
    const Arena::Scope scratch(c.arena);
    float* const attended = draft(c, c.tokens(), saved.attended);
    project(c, c.tokens(), x, {{w.q, saved.q}, {w.k, saved.k}, {w.v, saved.v}});
    rotate(c, saved.q, width.q, width.heads, width.n);
    rotate(c, saved.k, width.kv, width.kv_heads, width.n);
    std::vector<AttentionForward> groups;
    for (const Document& d : c.batch.documents) {
        for (std::int64_t h = 0; h < width.heads; ++h) {
            const std::int64_t kv = d.first * width.kv + h / width.shared * width.n,
                               q = d.first * width.q + h * width.n;
            groups.push_back({width.rows(d.tokens), saved.q + q, saved.k + kv, saved.v + kv, attended + q});
        }
    }
    attend(c, groups, model::attention_scale(c.config));
    store(c, c.tokens(), attended, saved.attended);
    project(c, c.tokens(), saved.attended, {{w.o, y}});
}

void attention_gqa_backward(const Context& c, const GqaWeights& w, const StoredTensor& x, const GqaSaved& saved,
                            const float* dy, float* dx) {
    const Widths width(c.config);
    const Arena::Scope scratch(c.arena);
    float* const d_attended = c.arena.take(c.tokens() * width.q);
    float* const dq = c.arena.take(c.tokens() * width.q);
    float* const dk = c.arena.take(c.tokens() * width.kv);
    float* const dv = c.arena.take(c.tokens() * width.kv);
    project_backward(c, c.tokens(), saved.attended, {{w.o, dy}}, d_attended);
    std::fill_n(dk, c.tokens() * width.kv, 0.0f);
    std::fill_n(dv, c.tokens() * width.kv, 0.0f);
    std::vector<AttentionBackward> groups;
    for (const Document& d : c.batch.documents) {
        for (std::int64_t h = 0; h < width.heads; ++h) {
            const std::int64_t kv = d.first * width.kv + h / width.shared * width.n,
                               q = d.first * width.q + h * width.n;
            groups.push_back({width.rows(d.tokens), saved.q + q, saved.k + kv, saved.v + kv, d_attended + q, dq + q,
                              dk + kv, dv + kv});
        }
    }
    attend_backward(c, groups, model::attention_scale(c.config));
    rotate_back(c, dq, width.q, width.heads, width.n);
    rotate_back(c, dk, width.kv, width.kv_heads, width.n);
    project_backward(c, c.tokens(), x, {{w.q, dq}, {w.k, dk}, {w.v, dv}}, dx);
}

}  // namespace ergon::train
