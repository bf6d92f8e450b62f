// Mixture of experts (DeepSeekMoE; DeepSeek-V3, section 2.1.2): y = shared(x) + sum over the chosen experts of weight *
// expert(x), added in ascending order of the expert, as the engine does.

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"
#include "train/layers/layers.h"
#include "train/layers/router.h"

namespace ergon::train {
namespace {

/// Adds a product of one of the matrices of every expert to those that run next.
template <typename Make>
void add_products(const Context& c, const MoeWeights& w, const MoeSaved& s, const Make& make) {
    for (std::size_t e = 0; e < w.experts.size(); ++e) {
        const std::int64_t first = s.slots.begin[e], count = s.slots.begin[e + 1] - first;
        if (count > 0) c.scratch.products.push_back(make(w.experts[e], first, count, static_cast<std::int64_t>(e)));
    }
}

/// y = x W^T for one of the matrices of every expert.
void project_slots(const Context& c, const MoeWeights& w, const MoeSaved& s, Weight FfnWeights::*matrix,
                   const StoredTensor& x, float* y) {
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto count, auto) {
        return forward(e.*matrix, x, first, count, y);
    });
}

/// The gradients of one of the matrices of every expert, and of what it read. dy [slots, its rows].
void project_slots_backward(const Context& c, const MoeWeights& w, const MoeSaved& s, Weight FfnWeights::*matrix,
                            const Columns& x, const float* dy, float* dx, bool add) {
    const Arena::Scope scratch(c.arena);
    const Weight& any = w.experts.front().*matrix;
    const StoredGradient stored_dy = stored_gradient(c, any.type, dy, any.rows, s.slots.begin);
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto count, auto segment) {
        return by_weight(e.*matrix, x, stored_dy.columns, first, count, segment);
    });
    add_products(c, w, s, [&](const FfnWeights& e, auto first, auto count, auto) {
        return by_input(e.*matrix, stored_dy.rows, first, count, dx, add);
    });
    run_products(c);
}

/// From dy to d_outputs [slots, hidden_size] and d_weight [tokens, num_experts_per_tok].
void combine_backward(const Context& c, const MoeSaved& s, const float* dy, float* d_outputs,
                      std::vector<float>& d_weight) {
    const std::int64_t hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    d_weight.resize(s.slots.weight.size());
    c.pool.for_each(c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const std::int64_t slot = s.slots.slot_of[at];
            s.outputs.widen(slot, 0, hidden, d_outputs + slot * hidden);
            d_weight[at] = kernels::dot(dy + t * hidden, d_outputs + slot * hidden, hidden);
            std::memcpy(d_outputs + slot * hidden, dy + t * hidden, static_cast<std::size_t>(hidden) * sizeof(float));
            kernels::scale(d_outputs + slot * hidden, s.slots.weight[at], hidden);
        }
    });
}

}  // namespace

MoeSaved MoeSaved::take(Arena& arena, const Architecture& a, std::int64_t tokens) {
    const model::Config& c = a.config;
    const std::int64_t slots = tokens * c.num_experts_per_tok, inner = c.moe_intermediate_size;
    MoeSaved s{};
    s.scores = arena.take(tokens * c.n_routed_experts);
    s.gate = StoredTensor::take(arena, linear_type(a.precision), slots, inner);
    s.up = StoredTensor::take(arena, linear_type(a.precision), slots, inner);
    s.outputs = StoredTensor::take(arena, wide_type(a.precision), slots, c.hidden_size);
    if (c.n_shared_experts > 0) s.shared = FfnSaved::take(arena, a.precision, tokens, c.n_shared_experts * inner);
    return s;
}

void mixture_of_experts(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x,
                        const StoredTensor& stored_x, MoeSaved& s, float* y) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    const std::int64_t slots = c.tokens() * k, inner = c.config.moe_intermediate_size;
    route(c, w, bias, x, s);
    s.slots.sort(c.config);
    if (w.shared) {
        feed_forward(c, *w.shared, stored_x, s.shared, y);
    } else {
        std::fill_n(y, c.tokens() * hidden, 0.0f);
    }
    float* const gate = draft(c, slots, s.gate);
    float* const up = draft(c, slots, s.up);
    float* const activated = c.arena.take(slots * inner);
    float* const outputs = draft(c, slots, s.outputs);
    const StoredTensor x_slots = gathered(c, stored_x, s.slots.token);
    c.scratch.products.clear();
    project_slots(c, w, s, &FfnWeights::gate, x_slots, gate);
    project_slots(c, w, s, &FfnWeights::up, x_slots, up);
    run_products(c);
    store(c, slots, gate, s.gate);
    store(c, slots, up, s.up);
    swiglu(c, slots, inner, gate, up, activated);
    project_slots(c, w, s, &FfnWeights::down, to_stored(c, stored_x.type, slots, activated, inner), outputs);
    run_products(c);
    store(c, slots, outputs, s.outputs);
    c.pool.for_each(c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            kernels::add_scaled(y + t * hidden, outputs + s.slots.slot_of[at] * hidden, s.slots.weight[at], hidden);
        }
    });
}

double mixture_of_experts_backward(const Context& c, const MoeWeights& w, const float* x, const StoredTensor& stored_x,
                                   MoeSaved& s, const Balance& balance, const float* dy, float* dx) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    const std::int64_t slots = c.tokens() * k, inner = c.config.moe_intermediate_size;
    const tensor::DType type = stored_x.type;
    float* const d_outputs = c.arena.take(slots * hidden);
    float* const gate = widened(c, slots, s.gate);
    float* const up = widened(c, slots, s.up);
    float* const activated = c.arena.take(slots * inner);
    float* const d_activated = c.arena.take(slots * inner);
    std::vector<float> d_weight;
    combine_backward(c, s, dy, d_outputs, d_weight);
    swiglu(c, slots, inner, gate, up, activated);

    c.scratch.products.clear();
    {
        const Arena::Scope in_turn(c.arena);
        const Columns read = columns(c, type, StoredTensor::of(activated, inner), s.slots.begin);
        project_slots_backward(c, w, s, &FfnWeights::down, read, d_outputs, d_activated, false);
    }
    swiglu_backward(c, slots, inner, gate, up, d_activated);
    float* const d_slots = d_outputs;  // no longer needed
    {
        const Arena::Scope in_turn(c.arena);
        const Columns read = columns(c, type, gathered(c, stored_x, s.slots.token), s.slots.begin);
        project_slots_backward(c, w, s, &FfnWeights::gate, read, gate, d_slots, false);
        project_slots_backward(c, w, s, &FfnWeights::up, read, up, d_slots, true);
    }

    if (w.shared) {
        feed_forward_backward(c, *w.shared, stored_x, s.shared, dy, dx);
    } else {
        std::fill_n(dx, c.tokens() * hidden, 0.0f);
    }
    c.pool.for_each(c.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            kernels::add(dx + t * hidden, d_slots + s.slots.slot_of[i] * hidden, hidden);
        }
    });
    return route_backward(c, w, x, s, d_weight, balance, dx);
}

}  // namespace ergon::train
