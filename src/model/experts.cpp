// Mixture of experts (DeepSeekMoE; DeepSeek-V3, section 2.1.2): y = shared(x) + sum over the chosen experts of weight *
// expert(x).
//
// The outputs of a token's slots are added to the shared expert's in ascending order of the expert, whatever else is in
// the step.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/elementwise.h"
#include "model/expert_dispatch.h"
#include "model/layers.h"

namespace ergon::model {
namespace {

/// The router: logits in F32, then the choice of each token.
void route(const Context& c, const MoeFfn& w, const float* x, ExpertDispatch& slots) {
    const std::int64_t tokens = c.step.tokens(), experts = c.config.n_routed_experts;
    float* const scores = c.work.scores.of(tokens * experts);
    project(c, Component::router, rows_of(x, c.config.hidden_size, tokens), fine, {{&w.router, scores}});

    energy::Work work = c.recorder.begin(Component::router);
    const base::Nanoseconds busy = slots.choose(c.config, w.correction_bias, tokens, scores, c.pool);
    work[energy::Source::activations] = tokens * experts * std::int64_t{sizeof(float)};
    c.recorder.end(work, busy);
}

/// The items that the tokens of slots [begin, end) belong to, and how many tokens each has there: rows of a sequence
/// are neighbours, and so are their slots.
void find_users(const Step& step, const ExpertDispatch& slots, std::int64_t begin, std::int64_t end,
                std::vector<energy::User>& users) {
    users.clear();
    std::int64_t reached = 0;  // rows below belong to sequences already seen
    for (std::int64_t slot = begin; slot < end; ++slot) {
        const std::int64_t token = slots.token[slot];
        if (token >= reached) {
            step.for_each_sequence([&](const Sequence& s) {
                if (token < s.first || token >= s.first + s.tokens) return;
                reached = s.first + s.tokens;
                users.push_back({s.item, 0});
            });
        }
        ++users.back().amount;
    }
}

/// One record for each expert that had tokens. Its products run together with those of the other experts: of the time
/// it gets the share of its operations, the last expert what is left.
void record_experts(const Context& c, const ExpertDispatch& slots, std::vector<energy::Work>& works,
                    base::Nanoseconds busy) {
    if (!c.recorder.on()) return;
    const base::Nanoseconds elapsed = base::now() - works.front().begin;
    const auto all = static_cast<double>(std::ssize(slots.token));
    base::Nanoseconds busy_left = busy, elapsed_left = elapsed;
    std::vector<energy::User> users;
    for (energy::Work& work : works) {
        const std::int64_t begin = slots.begin[work.expert];
        const std::int64_t end = slots.begin[work.expert + 1];
        const auto share = [&](base::Nanoseconds whole) {
            return base::Nanoseconds(
                static_cast<std::int64_t>(static_cast<double>(whole.value()) * static_cast<double>(end - begin) / all));
        };
        find_users(c.step, slots, begin, end, users);
        work.sequences = static_cast<std::int32_t>(users.size());
        work.busy = &work == &works.back() ? busy_left : share(busy);
        work.elapsed = &work == &works.back() ? elapsed_left : share(elapsed);
        busy_left -= work.busy;
        elapsed_left -= work.elapsed;
        c.recorder.add(work, users);
    }
}

/// Experts that have tokens, each with an open record.
std::vector<energy::Work> active_experts(const Context& c, const ExpertDispatch& slots) {
    std::vector<energy::Work> works;
    const energy::Work opened = c.recorder.begin(Component::routed_experts);
    for (std::size_t e = 0; e + 1 < slots.begin.size(); ++e) {
        if (slots.begin[e] == slots.begin[e + 1]) continue;
        works.push_back(opened);
        works.back().expert = static_cast<std::int32_t>(e);
    }
    return works;
}

/// slot_outputs [slots, hidden_size] = each slot's expert applied to its token.
void run_experts(const Context& c, const DenseFfn& w, const ExpertDispatch& slots, const float* x) {
    const std::int64_t hidden = c.config.hidden_size, inner = w.gate.rows(), count = std::ssize(slots.token);
    std::vector<energy::Work> works = active_experts(c, slots);
    std::vector<std::int64_t>& segments = c.work.segments;
    segments.clear();
    for (const energy::Work& work : works) {
        const auto e = static_cast<std::size_t>(work.expert);
        segments.push_back(slots.begin[e + 1] - slots.begin[e]);
    }
    base::Nanoseconds busy{};
    std::vector<kernels::Product>& products = c.work.products;
    // Adds the product of one expert for each segment; slot rows of y lie one after the other.
    const auto add_products = [&](const PackedMatrix& weights, const float* rows, std::int64_t stride,
                                  const std::int32_t* index, float* y) {
        for (std::size_t s = 0; s < works.size(); ++s) {
            const std::int64_t begin = slots.begin[works[s].expert];
            const kernels::Rows of_expert = index != nullptr ? kernels::Rows{rows, stride, segments[s], index + begin}
                                                             : rows_of(rows + begin * stride, stride, segments[s]);
            products.push_back({.weights = &weights,
                                .matrix = works[s].expert,
                                .rows = of_expert,
                                .quantised = &c.work.quantised,
                                .segment = static_cast<std::int64_t>(s),
                                .y = y + begin * weights.rows(),
                                .y_stride = weights.rows()});
            model::count(works[s], products.back());
        }
    };

    float* const gate = c.work.gate.of(count * inner);  // [slots, inner]
    float* const up = c.work.up.of(count * inner);
    const kernels::Rows gathered{x, hidden, count, slots.token.data()};
    if (w.gate.quantised() || w.up.quantised()) busy += c.work.quantised.quantise(gathered, hidden, segments, c.pool);
    products.clear();
    add_products(w.gate, x, hidden, slots.token.data(), gate);
    add_products(w.up, x, hidden, slots.token.data(), up);
    busy += kernels::matmul(products, c.pool);

    busy += c.pool.for_each(
        count, [&](std::int64_t s) { kernels::swiglu(gate + s * inner, up + s * inner, inner, gate + s * inner); });

    float* const outputs = c.work.slot_outputs.of(count * hidden);
    if (w.down.quantised()) busy += c.work.quantised.quantise(rows_of(gate, inner, count), inner, segments, c.pool);
    products.clear();
    add_products(w.down, gate, inner, nullptr, outputs);
    busy += kernels::matmul(products, c.pool);
    record_experts(c, slots, works, busy);
}

/// y[t] += sum of weight * output over the token's slots, ascending.
void combine(const Context& c, const ExpertDispatch& slots, float* y) {
    const std::int64_t hidden = c.config.hidden_size, k = c.config.num_experts_per_tok;
    energy::Work work = c.recorder.begin(Component::routed_experts);
    const float* const outputs = c.work.slot_outputs.data();
    const base::Nanoseconds busy = c.pool.for_each(c.step.tokens(), [&](std::int64_t t) {
        for (std::int64_t i = t * k; i < (t + 1) * k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            kernels::add_scaled(y + t * hidden, outputs + slots.slot_of[at] * hidden, slots.weight[at], hidden);
        }
    });
    work[energy::Source::activations] = (k + 2) * c.step.tokens() * hidden * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] = 2 * k * c.step.tokens() * hidden;
    c.recorder.end(work, busy);
}

}  // namespace

void mixture_of_experts(const Context& c, const MoeFfn& w, const float* x, float* y) {
    const std::int64_t tokens = c.step.tokens();
    ExpertDispatch slots;
    route(c, w, x, slots);
    slots.sort(c.config);
    if (w.shared) {
        feed_forward(c, Component::shared_expert, *w.shared, x, y);
    } else {
        std::fill_n(y, tokens * c.config.hidden_size, 0.0f);
    }
    run_experts(c, w.experts, slots, x);
    combine(c, slots, y);
}

}  // namespace ergon::model
