// Mixture of experts (DeepSeekMoE; DeepSeek-V3, section 2.1.2): y = shared(x) + sum over the chosen experts of weight *
// expert(x), added in ascending order of the expert, as the engine does. A slot is one token at one of its experts;
// slots are sorted by expert, so that each expert's tokens make one product.

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"
#include "train/layers.h"
#include "train/router.h"

namespace ergon::train {
namespace {

using kernels::Gemm;

/// Counting sort of the slots by expert; tokens stay ascending within an expert.
void sort_slots(const model::Config& c, std::int64_t tokens, MoeSaved& s) {
    const std::int64_t k = c.num_experts_per_tok;
    s.begin.assign(static_cast<std::size_t>(c.n_routed_experts + 1), 0);
    for (const std::int32_t expert : s.chosen) ++s.begin[static_cast<std::size_t>(expert) + 1];
    for (std::size_t e = 1; e < s.begin.size(); ++e) s.begin[e] += s.begin[e - 1];
    std::vector<std::int64_t> next(s.begin.begin(), s.begin.end() - 1);
    s.token.resize(s.chosen.size());
    s.slot.resize(s.chosen.size());
    for (std::int64_t i = 0; i < tokens * k; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::int64_t slot = next[static_cast<std::size_t>(s.chosen[at])]++;
        s.token[static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(i / k);
        s.slot[at] = static_cast<std::int32_t>(slot);
    }
}

/// x_slots [slots, hidden_size] = the tokens' rows.
void gather(const Context& c, const MoeSaved& s, const float* x, float* x_slots) {
    const std::int64_t hidden = c.config.hidden_size;
    for_rows(c, std::ssize(s.token), [&](std::int64_t slot) {
        std::memcpy(x_slots + slot * hidden, x + s.token[static_cast<std::size_t>(slot)] * hidden,
                    static_cast<std::size_t>(hidden) * sizeof(float));
    });
}

/// Adds a product of one of the matrices of every expert to those that run next.
template <typename Make>
void add_products(const Context& c, const MoeWeights& w, const MoeSaved& s, const Make& make) {
    for (std::size_t e = 0; e < w.experts.size(); ++e) {
        const std::int64_t first = s.begin[e], count = s.begin[e + 1] - first;
        if (count > 0) c.scratch.products.push_back(make(w.experts[e], first, count));
    }
}

Gemm forward(const Weight& w, const float* x, float* y, std::int64_t first, std::int64_t count) {
    return {.a = {x + first * w.cols, w.cols, 1},
            .b = {w.value, w.cols, 1},
            .m = count,
            .n = w.rows,
            .k = w.cols,
            .c = y + first * w.rows,
            .c_row = w.rows};
}
Gemm by_input(const Weight& w, const float* dy, float* dx, std::int64_t first, std::int64_t count, bool add) {
    return {.a = {dy + first * w.rows, w.rows, 1},
            .b = {w.value, 1, w.cols},
            .m = count,
            .n = w.cols,
            .k = w.rows,
            .c = dx + first * w.cols,
            .c_row = w.cols,
            .accumulate = add};
}
Gemm by_weight(const Weight& w, const float* x, const float* dy, std::int64_t first, std::int64_t count) {
    return {.a = {dy + first * w.rows, 1, w.rows},
            .b = {x + first * w.cols, 1, w.cols},
            .m = w.rows,
            .n = w.cols,
            .k = count,
            .c = w.gradient,
            .c_row = w.cols,
            .accumulate = true};
}

void run(const Context& c) {
    kernels::gemm(c.scratch.products, c.scratch.gemm, c.pool);
    c.scratch.products.clear();
}

/// From dy to d_outputs [slots, hidden_size] and d_weight [tokens, num_experts_per_tok].
void combine_backward(const Context& c, const MoeSaved& s, const float* dy, float* d_outputs,
                      std::vector<float>& d_weight) {
    const std::int64_t hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    d_weight.resize(s.weight.size());
    for_rows(c, c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const std::int64_t slot = s.slot[at];
            d_weight[at] = kernels::dot(dy + t * hidden, s.outputs + slot * hidden, hidden);
            std::memcpy(d_outputs + slot * hidden, dy + t * hidden, static_cast<std::size_t>(hidden) * sizeof(float));
            kernels::scale(d_outputs + slot * hidden, s.weight[at], hidden);
        }
    });
}

}  // namespace

MoeSaved MoeSaved::take(Arena& arena, const model::Config& c, std::int64_t tokens) {
    const std::int64_t slots = tokens * c.num_experts_per_tok, inner = slots * c.moe_intermediate_size;
    MoeSaved s{};
    s.scores = arena.take(tokens * c.n_routed_experts);
    s.gate = arena.take(inner);
    s.up = arena.take(inner);
    s.activated = arena.take(inner);
    s.outputs = arena.take(slots * c.hidden_size);
    if (c.n_shared_experts > 0) s.shared = FfnSaved::take(arena, tokens, c.n_shared_experts * c.moe_intermediate_size);
    return s;
}

void mixture_of_experts(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x,
                        MoeSaved& s, Arena& arena, float* y) {
    const std::int64_t before = arena.taken(), hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    const std::int64_t slots = c.tokens() * k, inner = c.config.moe_intermediate_size;
    route(c, w, bias, x, s);
    sort_slots(c.config, c.tokens(), s);
    if (w.shared) {
        feed_forward(c, *w.shared, x, s.shared, y);
    } else {
        std::fill_n(y, c.tokens() * hidden, 0.0f);
    }
    float* const x_slots = arena.take(slots * hidden);
    gather(c, s, x, x_slots);
    c.scratch.products.clear();
    add_products(c, w, s,
                 [&](const FfnWeights& e, auto first, auto n) { return forward(e.gate, x_slots, s.gate, first, n); });
    add_products(c, w, s,
                 [&](const FfnWeights& e, auto first, auto n) { return forward(e.up, x_slots, s.up, first, n); });
    run(c);
    for_rows(c, slots, [&](std::int64_t i) {
        kernels::swiglu(s.gate + i * inner, s.up + i * inner, inner, s.activated + i * inner);
    });
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto n) {
        return forward(e.down, s.activated, s.outputs, first, n);
    });
    run(c);
    for_rows(c, c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            kernels::add_scaled(y + t * hidden, s.outputs + s.slot[at] * hidden, s.weight[at], hidden);
        }
    });
    arena.rewind(before);
}

double mixture_of_experts_backward(const Context& c, const MoeWeights& w, const float* x, MoeSaved& s,
                                   const Balance& balance, const float* dy, Arena& arena, float* dx) {
    const std::int64_t before = arena.taken(), hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    const std::int64_t slots = c.tokens() * k, inner = c.config.moe_intermediate_size;
    float* const d_outputs = arena.take(slots * hidden);
    float* const d_activated = arena.take(slots * inner);
    float* const x_slots = arena.take(slots * hidden);
    std::vector<float> d_weight;
    combine_backward(c, s, dy, d_outputs, d_weight);
    gather(c, s, x, x_slots);

    c.scratch.products.clear();
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto n) {
        return by_input(e.down, d_outputs, d_activated, first, n, false);
    });
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto n) {
        return by_weight(e.down, s.activated, d_outputs, first, n);
    });
    run(c);
    for_rows(c, slots, [&](std::int64_t i) {
        kernels::swiglu_backward(s.gate + i * inner, s.up + i * inner, d_activated + i * inner, inner);
    });
    float* const d_slots = d_outputs;  // no longer needed
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto n) {
        return by_input(e.gate, s.gate, d_slots, first, n, false);
    });
    add_products(c, w, s,
                 [&](const FfnWeights& e, auto first, auto n) { return by_weight(e.gate, x_slots, s.gate, first, n); });
    add_products(c, w, s,
                 [&](const FfnWeights& e, auto first, auto n) { return by_weight(e.up, x_slots, s.up, first, n); });
    run(c);
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto n) {
        return by_input(e.up, s.up, d_slots, first, n, true);
    });
    run(c);

    if (w.shared) {
        feed_forward_backward(c, *w.shared, x, s.shared, dy, false, arena, dx);
    } else {
        std::fill_n(dx, c.tokens() * hidden, 0.0f);
    }
    for_rows(c, c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            kernels::add(dx + t * hidden, d_slots + s.slot[static_cast<std::size_t>(i)] * hidden, hidden);
        }
    });
    const double loss = route_backward(c, w, x, s, d_weight, balance, arena, dx);
    arena.rewind(before);
    return loss;
}

}  // namespace ergon::train
