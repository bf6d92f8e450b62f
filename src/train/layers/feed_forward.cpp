// The dense feed-forward layer with SwiGLU (Shazeer, 2020): y = down( silu(gate x) * (up x) ).

#include "train/layers/layers.h"

namespace ergon::train {

FfnSaved FfnSaved::take(Arena& arena, Precision precision, std::int64_t tokens, std::int64_t inner) {
    const tensor::DType type = linear_type(precision);
    return {StoredTensor::take(arena, type, tokens, inner), StoredTensor::take(arena, type, tokens, inner)};
}

void feed_forward(const Context& c, const FfnWeights& w, const StoredTensor& x, FfnSaved& s, float* y) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t tokens = c.tokens(), inner = w.gate.rows;
    float* const gate = draft(c, tokens, s.gate);
    float* const up = draft(c, tokens, s.up);
    float* const activated = c.arena.take(tokens * inner);
    project(c, tokens, x, {{w.gate, gate}, {w.up, up}});
    store(c, tokens, gate, s.gate);
    store(c, tokens, up, s.up);
    swiglu(c, tokens, inner, gate, up, activated);
    project(c, tokens, to_stored(c, w.down.type, tokens, activated, inner), {{w.down, y}});
}

void feed_forward_backward(const Context& c, const FfnWeights& w, const StoredTensor& x, FfnSaved& s, const float* dy,
                           float* dx) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t tokens = c.tokens(), inner = w.gate.rows;
    float* const gate = widened(c, tokens, s.gate);
    float* const up = widened(c, tokens, s.up);
    float* const activated = c.arena.take(tokens * inner);
    float* const d_activated = c.arena.take(tokens * inner);
    swiglu(c, tokens, inner, gate, up, activated);
    project_backward(c, tokens, StoredTensor::of(activated, inner), {{w.down, dy}}, d_activated);
    swiglu_backward(c, tokens, inner, gate, up, d_activated);
    project_backward(c, tokens, x, {{w.gate, gate}, {w.up, up}}, dx);
}

}  // namespace ergon::train
