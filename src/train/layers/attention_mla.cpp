// Multi-head latent attention (DeepSeek-V2, section 2.1) in its absorbed form: attention runs over the latents
// themselves, as it does when the engine generates, so that log-probabilities have the same bits.
//
//   cq = norm(Wqa x);  [ qn | qr ] = Wqb cq per head, qr rotated      (without q_lora: = Wq x)
//   [ c | kr ] = Wkva x;  c = norm(c), kr rotated
//   query_h = [ W_UK,h^T qn | qr ],  key = [ c | kr ],  value = c,  shared by all heads
//   y = Wo concat over heads( W_UV,h softmax(scale query_h key^T) c )

#include <algorithm>
#include <cstring>

#include "model/attention/rotary.h"
#include "train/layers/attention.h"
#include "train/layers/layers.h"

namespace ergon::train {
namespace {

using kernels::Gemm;

/// As the engine has it (model/attention/mla.cpp).
constexpr double latent_norm_eps = 1e-6;

struct LatentWidths {
    std::int64_t heads, nope, rope, key, value, rank, cached;
    explicit LatentWidths(const model::Config& c)
        : heads(c.num_attention_heads),
          nope(c.qk_nope_head_dim),
          rope(c.qk_rope_head_dim),
          key(c.qk_head_dim()),
          value(c.v_head_dim),
          rank(c.kv_lora_rank),
          cached(c.cached_key_values()) {}
    AttentionRows rows(std::int64_t tokens) const {
        return {.tokens = tokens,
                .heads = heads,
                .key_width = cached,
                .value_width = rank,
                .query_stride = cached,
                .key_stride = cached,
                .value_stride = cached,
                .out_stride = rank};
    }
    /// W_UK,h [nope, rank] and W_UV,h [value, rank] in kv_b's values or gradients.
    float* uk(float* kv_b, std::int64_t h) const { return kv_b + h * (nope + value) * rank; }
    float* uv(float* kv_b, std::int64_t h) const { return uk(kv_b, h) + nope * rank; }
};

/// Runs one product for each head.
template <typename Make>
void for_heads(const Context& c, const LatentWidths& w, const Make& make) {
    std::vector<Gemm>& products = c.scratch.products;
    products.clear();
    for (std::int64_t h = 0; h < w.heads; ++h) products.push_back(make(h));
    kernels::gemm(products, c.scratch.gemm, c.pool);
}

/// Copies the rotated part of each head between queries [.., nope | rope] and absorbed ones [.., rank | rope].
void copy_rope(const Context& c, const LatentWidths& w, const float* from, std::int64_t from_row, std::int64_t from_at,
               float* to, std::int64_t to_row, std::int64_t to_at) {
    c.pool.for_each(c.tokens() * w.heads, [&](std::int64_t i) {
        std::memcpy(to + i * to_row + to_at, from + i * from_row + from_at,
                    static_cast<std::size_t>(w.rope) * sizeof(float));
    });
}

void project_queries(const Context& c, const MlaWeights& w, const StoredTensor& x, MlaSaved& s) {
    if (w.q_a.empty()) {
        project(c, c.tokens(), x, {{w.q, s.q}, {w.kv_a, s.kv_raw}});
        return;
    }
    const Arena::Scope scratch(c.arena);
    const std::int64_t rank = w.q_a.rows;
    project(c, c.tokens(), x, {{w.q_a, s.q_latent_raw}, {w.kv_a, s.kv_raw}});
    float* const latent = draft(c, c.tokens(), s.q_latent);
    norm(c, c.tokens(), s.q_latent_raw, rank, w.q_a_norm, latent_norm_eps, latent, rank);
    store(c, c.tokens(), latent, s.q_latent);
    project(c, c.tokens(), s.q_latent, {{w.q, s.q}});
}

/// From the gradients of queries and of what is cached to that of x.
void project_queries_backward(const Context& c, const MlaWeights& w, const StoredTensor& x, const MlaSaved& s,
                              const float* dq, const float* dkv, float* dx) {
    if (w.q_a.empty()) {
        project_backward(c, c.tokens(), x, {{w.q, dq}, {w.kv_a, dkv}}, dx);
        return;
    }
    const std::int64_t rank = w.q_a.rows;
    float* const d_latent = c.arena.take(c.tokens() * rank);
    float* const d_raw = c.arena.take(c.tokens() * rank);
    std::fill_n(d_raw, c.tokens() * rank, 0.0f);
    project_backward(c, c.tokens(), s.q_latent, {{w.q, dq}}, d_latent);
    norm_backward(c, c.tokens(), s.q_latent_raw, rank, w.q_a_norm, latent_norm_eps, d_latent, rank, d_raw);
    project_backward(c, c.tokens(), x, {{w.q_a, d_raw}, {w.kv_a, dkv}}, dx);
}

}  // namespace

MlaSaved MlaSaved::take(Arena& arena, const Architecture& a, std::int64_t tokens) {
    const model::Config& c = a.config;
    const LatentWidths w(c);
    const tensor::DType type = linear_type(a.precision);
    MlaSaved s{};
    if (c.q_lora_rank > 0) {
        s.q_latent_raw = arena.take(tokens * c.q_lora_rank);
        s.q_latent = StoredTensor::take(arena, type, tokens, c.q_lora_rank);
    }
    s.q = arena.take(tokens * w.heads * w.key);
    s.kv_raw = arena.take(tokens * w.cached);
    s.kv = arena.take(tokens * w.cached);
    s.queries = arena.take(tokens * w.heads * w.cached);
    s.attended_latents = arena.take(tokens * w.heads * w.rank);
    s.attended = StoredTensor::take(arena, type, tokens, w.heads * w.value);
    return s;
}

void attention_mla(const Context& c, const MlaWeights& w, const StoredTensor& x, MlaSaved& s, float* y) {
    const LatentWidths width(c.config);
    const Arena::Scope scratch(c.arena);
    const std::int64_t tokens = c.tokens(), heads = width.heads;
    project_queries(c, w, x, s);
    rotate(c, s.q + width.nope, heads * width.key, heads, width.key);
    std::memcpy(s.kv, s.kv_raw, static_cast<std::size_t>(tokens * width.cached) * sizeof(float));
    norm(c, tokens, s.kv_raw, width.cached, w.kv_a_norm, latent_norm_eps, s.kv, width.cached);
    rotate(c, s.kv + width.rank, width.cached, 1, width.rope);

    for_heads(c, width, [&](std::int64_t h) {
        return Gemm{.a = {s.q + h * width.key, heads * width.key, 1},
                    .b = {width.uk(w.kv_b.value, h), 1, width.rank},
                    .m = tokens,
                    .n = width.rank,
                    .k = width.nope,
                    .c = s.queries + h * width.cached,
                    .c_row = heads * width.cached};
    });
    copy_rope(c, width, s.q, width.key, width.nope, s.queries, width.cached, width.rank);
    std::vector<AttentionForward> groups;
    for (const Document& d : c.batch.documents) {
        const float* const kv = s.kv + d.first * width.cached;
        groups.push_back({width.rows(d.tokens), s.queries + d.first * heads * width.cached, kv, kv,
                          s.attended_latents + d.first * heads * width.rank});
    }
    attend(c, groups, model::attention_scale(c.config));
    float* const attended = draft(c, tokens, s.attended);
    for_heads(c, width, [&](std::int64_t h) {
        return Gemm{.a = {s.attended_latents + h * width.rank, heads * width.rank, 1},
                    .b = {width.uv(w.kv_b.value, h), width.rank, 1},
                    .m = tokens,
                    .n = width.value,
                    .k = width.rank,
                    .c = attended + h * width.value,
                    .c_row = heads * width.value};
    });
    store(c, tokens, attended, s.attended);
    project(c, tokens, s.attended, {{w.o, y}});
}

void attention_mla_backward(const Context& c, const MlaWeights& w, const StoredTensor& x, const MlaSaved& s,
                            const float* dy, float* dx) {
    const LatentWidths width(c.config);
    const Arena::Scope scratch(c.arena);
    const std::int64_t tokens = c.tokens(), heads = width.heads, rank = width.rank;
    float* const d_attended = c.arena.take(tokens * heads * width.value);
    float* const d_latents = c.arena.take(tokens * heads * rank);
    float* const d_queries = c.arena.take(tokens * heads * width.cached);
    float* const dq = c.arena.take(tokens * heads * width.key);
    float* const d_cached = c.arena.take(tokens * width.cached);
    float* const d_kv = c.arena.take(tokens * width.cached);

    project_backward(c, tokens, s.attended, {{w.o, dy}}, d_attended);
    for_heads(c, width, [&](std::int64_t h) {  // back through W_UV
        return Gemm{.a = {d_attended + h * width.value, heads * width.value, 1},
                    .b = {width.uv(w.kv_b.value, h), 1, rank},
                    .m = tokens,
                    .n = rank,
                    .k = width.value,
                    .c = d_latents + h * rank,
                    .c_row = heads * rank};
    });
    for_heads(c, width, [&](std::int64_t h) {
        return Gemm{.a = {d_attended + h * width.value, 1, heads * width.value},
                    .b = {s.attended_latents + h * rank, 1, heads * rank},
                    .m = width.value,
                    .n = rank,
                    .k = tokens,
                    .c = width.uv(w.kv_b.gradient, h),
                    .c_row = rank,
                    .accumulate = true};
    });

    std::fill_n(d_cached, tokens * width.cached, 0.0f);
    std::vector<AttentionBackward> groups;
    for (const Document& d : c.batch.documents) {
        const float* const kv = s.kv + d.first * width.cached;
        float* const d_keys = d_cached + d.first * width.cached;
        groups.push_back({width.rows(d.tokens), s.queries + d.first * heads * width.cached, kv, kv,
                          d_latents + d.first * heads * rank, d_queries + d.first * heads * width.cached, d_keys,
                          d_keys});
    }
    attend_backward(c, groups, model::attention_scale(c.config));

    for_heads(c, width, [&](std::int64_t h) {  // back through W_UK
        return Gemm{.a = {d_queries + h * width.cached, heads * width.cached, 1},
                    .b = {width.uk(w.kv_b.value, h), rank, 1},
                    .m = tokens,
                    .n = width.nope,
                    .k = rank,
                    .c = dq + h * width.key,
                    .c_row = heads * width.key};
    });
    for_heads(c, width, [&](std::int64_t h) {
        return Gemm{.a = {s.q + h * width.key, 1, heads * width.key},
                    .b = {d_queries + h * width.cached, 1, heads * width.cached},
                    .m = width.nope,
                    .n = rank,
                    .k = tokens,
                    .c = width.uk(w.kv_b.gradient, h),
                    .c_row = rank,
                    .accumulate = true};
    });
    copy_rope(c, width, d_queries, width.cached, rank, dq, width.key, width.nope);
    rotate_back(c, dq + width.nope, heads * width.key, heads, width.key);

    // The latent's part of d_kv starts from 0 for the norm to add to; the rotated key's is turned back.
    std::fill_n(d_kv, tokens * width.cached, 0.0f);
    norm_backward(c, tokens, s.kv_raw, width.cached, w.kv_a_norm, latent_norm_eps, d_cached, width.cached, d_kv);
    c.pool.for_each(tokens, [&](std::int64_t t) {
        std::memcpy(d_kv + t * width.cached + rank, d_cached + t * width.cached + rank,
                    static_cast<std::size_t>(width.rope) * sizeof(float));
    });
    rotate_back(c, d_kv + rank, width.cached, 1, width.rope);
    project_queries_backward(c, w, x, s, dq, d_kv, dx);
}

}  // namespace ergon::train
