// The dense feed-forward layer with SwiGLU (Shazeer, 2020).

#include "kernels/elementwise.h"
#include "model/layers.h"

namespace ergon::model {

void feed_forward(const Context& c, Component component, const DenseFfn& w, const float* x, float* y) {
    const std::int64_t tokens = c.step.tokens(), inner = w.gate.rows();
    float* const gate = c.work.gate.of(tokens * inner);  // [tokens, inner]
    float* const up = c.work.up.of(tokens * inner);
    project(c, component, rows_of(x, c.config.hidden_size, tokens), coarse, {{&w.gate, gate}, {&w.up, up}});

    energy::Work work = c.recorder.begin(component);
    const base::Nanoseconds busy = c.pool.for_each(
        tokens, [&](std::int64_t t) { kernels::swiglu(gate + t * inner, up + t * inner, inner, gate + t * inner); });
    work[energy::Source::activations] = 3 * tokens * inner * std::int64_t{sizeof(float)};
    work[energy::Arithmetic::f32] = 4 * tokens * inner;
    c.recorder.end(work, busy);

    project(c, component, rows_of(gate, inner, tokens), fine, {{&w.down, y}});
}

}  // namespace ergon::model
