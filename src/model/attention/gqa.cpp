// Attention over grouped queries (Ainslie et al., 2023): num_attention_heads queries share num_key_value_heads keys and
// values.
//
//   q, k, v = Wq x, Wk x, Wv x (+ biases);  q, k normalised per head (Qwen3);  q, k rotated by position
//   score(t, s) = q_t k_s / sqrt(head_dim), s <= t;  y = Wo concat over heads( sum over s of softmax(score) v_s )

#include <cstring>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/rotary.h"
#include "model/attention/attend.h"
#include "model/layers.h"

namespace ergon::model {
namespace {

using energy::Source;

struct GqaShape {
    std::int64_t heads, kv_heads, shared, head_dim;  // `shared` query heads use one key-value head
    explicit GqaShape(const Config& c)
        : heads(c.num_attention_heads),
          kv_heads(c.num_key_value_heads),
          shared(c.num_attention_heads / c.num_key_value_heads),
          head_dim(c.head_dim) {}
};

/// Adds the bias, normalises and rotates one head in place.
void prepare_head(const Context& c, std::int64_t t, const float* bias, const Vector& weights, float* head) {
    const std::int64_t n = c.config.head_dim;
    if (bias != nullptr) kernels::add(head, bias, n);
    if (!weights.empty()) kernels::rms_norm(head, weights.data(), static_cast<float>(c.config.rms_norm_eps), n, head);
    const std::int64_t pairs = n / 2;
    kernels::rotate(head, c.work.cosines.data() + t * pairs, c.work.sines.data() + t * pairs, n, c.rotary.pairing);
}

const float* bias_of(const Vector& bias, std::int64_t offset) {
    return bias.empty() ? nullptr : bias.data() + offset;
}

/// Finishes q, k and v of one token: keys and values go to the cache, queries to
/// queries [kv_heads, tokens, shared, head_dim], where the rows that share a key lie side by side.
void finish_token(const Context& c, std::int64_t layer, const GqaWeights& w, std::int64_t t) {
    const GqaShape shape(c.config);
    const std::int64_t n = shape.head_dim, position = c.step.positions[t];
    float* const q = c.work.q.data() + t * shape.heads * n;
    float* const k = c.work.k.data() + t * shape.kv_heads * n;
    float* const v = c.work.v.data() + t * shape.kv_heads * n;
    float* const queries = c.work.queries.data();
    for (std::int64_t h = 0; h < shape.heads; ++h) {
        prepare_head(c, t, bias_of(w.q_bias, h * n), w.q_norm, q + h * n);
        const std::int64_t row = (h / shape.shared * c.step.tokens() + t) * shape.shared + h % shape.shared;
        std::memcpy(queries + row * n, q + h * n, static_cast<std::size_t>(n) * sizeof(float));
    }
    for (std::int64_t h = 0; h < shape.kv_heads; ++h) prepare_head(c, t, bias_of(w.k_bias, h * n), w.k_norm, k + h * n);
    if (!w.v_bias.empty()) kernels::add(v, w.v_bias.data(), shape.kv_heads * n);
    KvCache& cache = *c.step.caches[t];
    cache.store_key(layer, position, 0, k, shape.kv_heads * n);
    cache.store_value(layer, position, 0, v, shape.kv_heads * n);
}

/// Rotation and cache, then the attention itself: work.attended [tokens, heads, head_dim].
void attend_cached(const Context& c, std::int64_t layer, const GqaWeights& w) {
    const GqaShape shape(c.config);
    const std::int64_t n = shape.head_dim, tokens = c.step.tokens();
    energy::Work work = c.recorder.begin(Component::attention);
    c.work.queries.of(tokens * shape.heads * n);
    float* const attended = c.work.attended.of(tokens * shape.heads * n);

    base::Nanoseconds busy = c.pool.for_each(tokens, [&](std::int64_t t) { finish_token(c, layer, w, t); });
    std::vector<AttentionGroup> groups;
    std::vector<energy::User> users;
    c.step.for_each_sequence([&](const Sequence& s) {
        users.push_back({s.item, s.keys_attended()});
        const std::int64_t position_bytes = 2 * shape.kv_heads * n * s.cache->value_bytes();
        work[Source::cache] += s.tokens * position_bytes;
        count_attention(work, s, shape.heads, n, n, position_bytes);
        for (std::int64_t g = 0; g < shape.kv_heads; ++g) {
            groups.push_back({.keys = {.key = s.cache->keys(layer, g * n, n),
                                       .key_tail = {},
                                       .value = s.cache->values(layer, g * n, n)},
                              .queries = c.work.queries.data() + (g * tokens + s.first) * shape.shared * n,
                              .query_stride = n,
                              .tokens = s.tokens,
                              .heads = shape.shared,
                              .past = s.past,
                              .out = attended + (s.first * shape.heads + g * shape.shared) * n,
                              .out_stride = shape.heads * n});
        }
    });
    busy += attend(groups, attention_scale(c.config), c.work, c.pool);
    c.recorder.end(work, busy, users);
}

}  // namespace

void attention_gqa(const Context& c, std::int64_t layer, const GqaWeights& w, const float* x, float* y) {
    const std::int64_t tokens = c.step.tokens(), hidden = c.config.hidden_size;
    float* const q = c.work.q.of(tokens * w.q.rows());  // [tokens, heads, head_dim]
    float* const k = c.work.k.of(tokens * w.k.rows());  // [tokens, kv_heads, head_dim]
    float* const v = c.work.v.of(tokens * w.v.rows());
    project(c, Component::attention_projections, rows_of(x, hidden, tokens), fine, {{&w.q, q}, {&w.k, k}, {&w.v, v}});

    attend_cached(c, layer, w);

    project(c, Component::attention_projections, rows_of(c.work.attended.data(), w.o.cols(), tokens), fine,
            {{&w.o, y}});
    if (!w.o_bias.empty()) {
        c.pool.for_each(tokens, [&](std::int64_t t) { kernels::add(y + t * hidden, w.o_bias.data(), hidden); });
    }
}

}  // namespace ergon::model
