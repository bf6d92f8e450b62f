// The dense feed-forward layer with SwiGLU (Shazeer, 2020): y = down( silu(gate x) * (up x) ).

#include "kernels/elementwise.h"
#include "train/layers.h"

namespace ergon::train {

FfnSaved FfnSaved::take(Arena& arena, std::int64_t tokens, std::int64_t inner) {
    return {arena.take(tokens * inner), arena.take(tokens * inner), arena.take(tokens * inner)};
}

void feed_forward(const Context& c, const FfnWeights& w, const float* x, FfnSaved& s, float* y) {
    const std::int64_t inner = w.gate.rows;
    project(c, c.tokens(), {{w.gate, x, s.gate}, {w.up, x, s.up}});
    for_rows(c, c.tokens(), [&](std::int64_t t) {
        kernels::swiglu(s.gate + t * inner, s.up + t * inner, inner, s.activated + t * inner);
    });
    project(c, c.tokens(), {{w.down, s.activated, y}});
}

void feed_forward_backward(const Context& c, const FfnWeights& w, const float* x, FfnSaved& s, const float* dy,
                           bool add, Arena& arena, float* dx) {
    const std::int64_t before = arena.taken(), inner = w.gate.rows;
    float* const d_activated = arena.take(c.tokens() * inner);
    project_backward(c, c.tokens(), {{w.down, s.activated, dy, d_activated}});
    for_rows(c, c.tokens(), [&](std::int64_t t) {
        kernels::swiglu_backward(s.gate + t * inner, s.up + t * inner, d_activated + t * inner, inner);
    });
    project_backward(c, c.tokens(), {{w.gate, x, s.gate, dx, add}, {w.up, x, s.up, dx, true}});
    arena.rewind(before);
}

}  // namespace ergon::train
