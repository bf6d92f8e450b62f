// Multi-head latent attention (DeepSeek-V2, section 2.1). Only a latent c and one rotated key kr per position are
// cached:
//
//   cq = norm(Wqa x);  q = Wqb cq                 per head [ qn | qr ], qr rotated     (V2-Lite: q = Wq x)
//   [ c | kr ] = Wkva x;  c = norm(c), kr rotated          cached: kv_lora_rank + qk_rope_head_dim values
//   k_h = [ W_UK,h c | kr ],  v_h = W_UV,h c
//   score = scale (qn k_h + qr kr),  y = Wo concat over heads( sum of softmax(score) v_h )
//
// The expanded form computes k_h and v_h of every cached position: fewer operations for each pair of query and key,
// good for prompts. The absorbed form moves W_UK to the query, qn (W_UK c) = (W_UK^T qn) c, so that attention runs over
// the latents themselves: the cache is all that it reads, good for single tokens. Both read the latents back from the
// cache, rounded as they are there.

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/rotary.h"
#include "model/attention/attend.h"
#include "model/layers.h"

namespace ergon::model {
namespace {

using energy::Source;
using kernels::KeyRows;
using kernels::Rows;

/// Both norms inside MLA use this epsilon in the original code, whatever rms_norm_eps says.
constexpr double latent_norm_eps = 1e-6;

/// Bytes of expanded keys and values that are held at a time: heads are expanded in groups, so that a long context does
/// not take heads times the memory (assumed; at 4,096 positions of V2-Lite all 16 heads fit). One head always fits.
constexpr std::int64_t expanded_bytes = std::int64_t{64} << 20;

struct MlaShape {
    std::int64_t heads, nope, rope, key, value, rank, cached;
    explicit MlaShape(const Config& c)
        : heads(c.num_attention_heads),
          nope(c.qk_nope_head_dim),
          rope(c.qk_rope_head_dim),
          key(c.qk_head_dim()),
          value(c.v_head_dim),
          rank(c.kv_lora_rank),
          cached(c.cached_key_values()) {}
};

void rotate(const Context& c, std::int64_t t, float* x) {
    const std::int64_t pairs = c.config.qk_rope_head_dim / 2;
    kernels::rotate(x, c.work.cosines.data() + t * pairs, c.work.sines.data() + t * pairs, 2 * pairs, c.rotary.pairing);
}

/// Queries [tokens, heads, nope | rope] and latents [tokens, rank | rope] from x.
void project_down(const Context& c, const MlaWeights& w, const float* x) {
    const std::int64_t tokens = c.step.tokens();
    const Rows rows = rows_of(x, c.config.hidden_size, tokens);
    float* const q = c.work.q.of(tokens * w.q.rows());
    float* const kv_latent = c.work.kv_latent.of(tokens * w.kv_a.rows());
    if (w.q_a.empty()) {
        project(c, Component::attention_projections, rows, fine, {{&w.q, q}, {&w.kv_a, kv_latent}});
        return;
    }
    const std::int64_t q_rank = w.q_a.rows();
    float* const q_latent = c.work.q_latent.of(tokens * q_rank);
    project(c, Component::attention_projections, rows, fine, {{&w.q_a, q_latent}, {&w.kv_a, kv_latent}});
    norm(c, q_latent, w.q_a_norm, latent_norm_eps, q_latent);
    project(c, Component::attention_projections, rows_of(q_latent, q_rank, tokens), fine, {{&w.q, q}});
}

/// Rotates queries; normalises latents, rotates their keys and stores both.
void fill_cache(const Context& c, std::int64_t layer, const MlaWeights& w) {
    const MlaShape shape(c.config);
    energy::Work work = c.recorder.begin(Component::attention);
    const base::Nanoseconds busy = c.pool.for_each(c.step.tokens(), [&](std::int64_t t) {
        float* const q = c.work.q.data() + t * shape.heads * shape.key;
        for (std::int64_t h = 0; h < shape.heads; ++h) rotate(c, t, q + h * shape.key + shape.nope);
        float* const latent = c.work.kv_latent.data() + t * shape.cached;
        kernels::rms_norm(latent, w.kv_a_norm.data(), static_cast<float>(latent_norm_eps), shape.rank, latent);
        rotate(c, t, latent + shape.rank);
        const auto row = static_cast<std::size_t>(t);
        c.step.caches[row]->store_key(layer, c.step.positions[row], 0, latent, shape.cached);
    });
    c.step.for_each_sequence(
        [&](const Sequence& s) { work[Source::cache] += s.tokens * shape.cached * s.cache->value_bytes(); });
    c.recorder.end(work, busy);
}

/// The latents of all positions of a sequence as F32 rows, read back from the cache.
Rows cached_latents(const Context& c, std::int64_t layer, const Sequence& s) {
    const MlaShape shape(c.config);
    const KeyRows rows = s.cache->keys(layer, 0, shape.rank);
    if (!rows.f16) return {static_cast<const float*>(rows.data), rows.stride, s.end(), nullptr};
    float* const latents = c.work.latents.of(s.end() * shape.rank);
    const auto* halves = static_cast<const std::byte*>(rows.data);
    c.pool.for_each(s.end(), [&](std::int64_t p) {
        kernels::dequantize_row(tensor::DType::f16, halves + p * rows.stride * s.cache->value_bytes(), shape.rank,
                                latents + p * shape.rank);
    });
    return rows_of(latents, shape.rank, s.end());
}

/// Keys [group, positions, nope] and values [group, positions, value] of heads [first, first + count), for one item.
void expand(const Context& c, const MlaWeights& w, const Rows& latents, std::int64_t first, std::int64_t count,
            float* k, float* v, std::int32_t item) {
    const MlaShape shape(c.config);
    energy::Work work = c.recorder.begin(Component::attention_projections);
    base::Nanoseconds busy{};
    if (w.w_uk.quantised() || w.w_uv.quantised()) busy += c.work.quantised.quantise(latents, shape.rank, c.pool, fine);
    std::vector<kernels::Product>& products = c.work.products;
    products.clear();
    for (std::int64_t i = 0; i < count; ++i) {
        products.push_back({.weights = &w.w_uk,
                            .matrix = first + i,
                            .rows = latents,
                            .quantised = &c.work.quantised,
                            .y = k + i * latents.count * shape.nope,
                            .y_stride = shape.nope});
        products.push_back({.weights = &w.w_uv,
                            .matrix = first + i,
                            .rows = latents,
                            .quantised = &c.work.quantised,
                            .y = v + i * latents.count * shape.value,
                            .y_stride = shape.value});
    }
    for (const kernels::Product& product : products) model::count(work, product);
    busy += kernels::matmul(products, c.pool);
    c.recorder.end(work, busy, std::array{energy::User{item, 1}});
}

void attend_expanded(const Context& c, std::int64_t layer, const MlaWeights& w, const Sequence& s) {
    const MlaShape shape(c.config);
    const std::int64_t head_bytes = s.end() * (shape.nope + shape.value) * std::int64_t{sizeof(float)};
    const std::int64_t heads_at_once = std::clamp<std::int64_t>(expanded_bytes / head_bytes, 1, shape.heads);
    float* const k = c.work.expanded_k.of(heads_at_once * s.end() * shape.nope);
    float* const v = c.work.expanded_v.of(heads_at_once * s.end() * shape.value);
    const Rows latents = cached_latents(c, layer, s);

    std::vector<AttentionGroup> groups;
    for (std::int64_t first = 0; first < shape.heads; first += heads_at_once) {
        const std::int64_t count = std::min(heads_at_once, shape.heads - first);
        expand(c, w, latents, first, count, k, v, s.item);

        energy::Work work = c.recorder.begin(Component::attention);
        groups.clear();
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t h = first + i;
            groups.push_back({.keys = {.key = {k + i * s.end() * shape.nope, false, shape.nope, shape.nope},
                                       .key_tail = s.cache->keys(layer, shape.rank, shape.rope),
                                       .value = {v + i * s.end() * shape.value, false, shape.value, shape.value}},
                              .queries = c.work.q.data() + (s.first * shape.heads + h) * shape.key,
                              .query_stride = shape.heads * shape.key,
                              .tokens = s.tokens,
                              .heads = 1,
                              .past = s.past,
                              .out = c.work.attended.data() + (s.first * shape.heads + h) * shape.value,
                              .out_stride = shape.heads * shape.value});
        }
        const base::Nanoseconds busy = attend(groups, attention_scale(c.config), c.work, c.pool);
        count_attention(work, s, count, shape.key, shape.value, shape.rope * s.cache->value_bytes());
        work[Source::activations] += count * head_bytes;
        c.recorder.end(work, busy, std::array{energy::User{s.item, s.keys_attended()}});
    }
}

/// One matrix per head, applied to rows [tokens, heads, width], of which the first weights.cols() values of each count:
/// y [tokens, heads, y_width].
void project_heads(const Context& c, const PackedMatrix& weights, const float* x, std::int64_t width,
                   std::int64_t tokens, float* y, std::int64_t y_width, std::span<const energy::User> users) {
    const std::int64_t heads = c.config.num_attention_heads;
    energy::Work work = c.recorder.begin(Component::attention_projections);
    base::Nanoseconds busy{};
    if (weights.quantised()) {  // a segment for each head: its rows of all tokens
        std::vector<std::int32_t>& index = c.work.index;
        index.clear();
        for (std::int64_t h = 0; h < heads; ++h) {
            for (std::int64_t t = 0; t < tokens; ++t) index.push_back(static_cast<std::int32_t>(t * heads + h));
        }
        c.work.segments.assign(heads, tokens);
        busy += c.work.quantised.quantise({x, width, heads * tokens, index.data()}, weights.cols(), c.work.segments,
                                          c.pool, fine);
    }
    std::vector<kernels::Product>& products = c.work.products;
    products.clear();
    for (std::int64_t h = 0; h < heads; ++h) {
        products.push_back({.weights = &weights,
                            .matrix = h,
                            .rows = rows_of(x + h * width, heads * width, tokens),
                            .quantised = &c.work.quantised,
                            .segment = h,
                            .y = y + h * y_width,
                            .y_stride = heads * y_width});
        model::count(work, products.back());
    }
    busy += kernels::matmul(products, c.pool);
    c.recorder.end(work, busy, users);
}

/// All generated tokens of the step; their rows are neighbours.
void attend_absorbed(const Context& c, std::int64_t layer, const MlaWeights& w) {
    const MlaShape shape(c.config);
    const std::int64_t first = c.step.expanded_tokens(), tokens = c.step.tokens() - first;
    const float* const q = c.work.q.data() + first * shape.heads * shape.key;
    float* const queries = c.work.queries.of(tokens * shape.heads * shape.cached);  // [tokens, heads, rank | rope]
    float* const latents = c.work.attended_latents.of(tokens * shape.heads * shape.rank);  // [tokens, heads, rank]

    std::vector<energy::User> by_tokens, by_keys;
    for (const Sequence& s : c.step.absorbed) {
        by_tokens.push_back({s.item, s.tokens});
        by_keys.push_back({s.item, s.keys_attended()});
    }
    project_heads(c, w.w_uk_t, q, shape.key, tokens, queries, shape.cached, by_tokens);

    energy::Work work = c.recorder.begin(Component::attention);
    base::Nanoseconds busy = c.pool.for_each(tokens * shape.heads, [&](std::int64_t row) {
        std::memcpy(queries + row * shape.cached + shape.rank, q + row * shape.key + shape.nope,
                    static_cast<std::size_t>(shape.rope) * sizeof(float));
    });
    std::vector<AttentionGroup> groups;
    for (const Sequence& s : c.step.absorbed) {
        groups.push_back({.keys = {.key = s.cache->keys(layer, 0, shape.cached),
                                   .key_tail = {},
                                   .value = s.cache->keys(layer, 0, shape.rank)},
                          .queries = queries + (s.first - first) * shape.heads * shape.cached,
                          .query_stride = shape.cached,
                          .tokens = s.tokens,
                          .heads = shape.heads,
                          .past = s.past,
                          .out = latents + (s.first - first) * shape.heads * shape.rank,
                          .out_stride = shape.heads * shape.rank});
        count_attention(work, s, shape.heads, shape.cached, shape.rank, shape.cached * s.cache->value_bytes());
    }
    busy += attend(groups, attention_scale(c.config), c.work, c.pool);
    c.recorder.end(work, busy, by_keys);

    project_heads(c, w.w_uv, latents, shape.rank, tokens, c.work.attended.data() + first * shape.heads * shape.value,
                  shape.value, by_tokens);
}

}  // namespace

void attention_mla(const Context& c, std::int64_t layer, const MlaWeights& w, const float* x, float* y) {
    const MlaShape shape(c.config);
    const std::int64_t tokens = c.step.tokens();
    project_down(c, w, x);
    fill_cache(c, layer, w);

    float* const attended = c.work.attended.of(tokens * shape.heads * shape.value);  // [tokens, heads, value]
    for (const Sequence& s : c.step.expanded) attend_expanded(c, layer, w, s);
    if (!c.step.absorbed.empty()) attend_absorbed(c, layer, w);

    project(c, Component::attention_projections, rows_of(attended, w.o.cols(), tokens), fine, {{&w.o, y}});
}

}  // namespace ergon::model
