#include "train/layers/block.h"

#include <algorithm>

namespace ergon::train {
namespace {

/// The norm of x as linear layers read it. Returns it as F32, in scratch memory if it is not stored so.
const float* normalise(const Context& c, const float* x, const Weight& w, const StoredTensor& to) {
    float* const y = draft(c, c.tokens(), to);
    norm(c, c.tokens(), x, w.cols, w, c.config.rms_norm_eps, y, w.cols);
    store(c, c.tokens(), y, to);
    return y;
}

}  // namespace

BlockSaved BlockSaved::take(Arena& arena, const Architecture& a, bool experts, std::int64_t tokens, float* x) {
    const model::Config& c = a.config;
    const tensor::DType type = linear_type(a.precision);
    BlockSaved s{x,
                 StoredTensor::take(arena, type, tokens, c.hidden_size),
                 arena.take(tokens * c.hidden_size),
                 StoredTensor::take(arena, type, tokens, c.hidden_size),
                 {},
                 {}};
    if (c.is_mla()) {
        s.attention = MlaSaved::take(arena, a, tokens);
    } else {
        s.attention = GqaSaved::take(arena, a, tokens);
    }
    if (experts) {
        s.ffn = MoeSaved::take(arena, a, tokens);
    } else {
        s.ffn = FfnSaved::take(arena, a.precision, tokens, c.intermediate_size);
    }
    return s;
}

void block(const Context& c, const BlockWeights& w, const std::vector<Weights::Bias>& biases, BlockSaved& s, float* y) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t hidden = c.config.hidden_size, values = c.tokens() * hidden;
    float* const update = c.arena.take(values);
    {
        const Arena::Scope in_turn(c.arena);
        normalise(c, s.x, w.attention_norm, s.attention_in);
    }
    if (const auto* gqa = std::get_if<GqaWeights>(&w.attention)) {
        attention_gqa(c, *gqa, s.attention_in, std::get<GqaSaved>(s.attention), update);
    } else {
        attention_mla(c, std::get<MlaWeights>(w.attention), s.attention_in, std::get<MlaSaved>(s.attention), update);
    }
    std::copy_n(s.x, values, s.middle);
    add(c, s.middle, update, values);

    const float* const ffn_in = normalise(c, s.middle, w.ffn_norm, s.ffn_in);
    if (const auto* dense = std::get_if<FfnWeights>(&w.ffn)) {
        feed_forward(c, *dense, s.ffn_in, std::get<FfnSaved>(s.ffn), update);
    } else {
        const auto& moe = std::get<MoeWeights>(w.ffn);
        static const std::vector<float> none;
        const bool biased = c.config.topk_method == model::TopkMethod::noaux_tc;
        mixture_of_experts(c, moe, biased ? biases[moe.bias].values : none, ffn_in, s.ffn_in, std::get<MoeSaved>(s.ffn),
                           update);
    }
    std::copy_n(s.middle, values, y);
    add(c, y, update, values);
}

double block_backward(const Context& c, const BlockWeights& w, BlockSaved& s, const Balance& balance, float* d) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t hidden = c.config.hidden_size;
    const double eps = c.config.rms_norm_eps;
    float* const d_normed = c.arena.take(c.tokens() * hidden);
    double loss = 0;
    if (const auto* dense = std::get_if<FfnWeights>(&w.ffn)) {
        feed_forward_backward(c, *dense, s.ffn_in, std::get<FfnSaved>(s.ffn), d, d_normed);
    } else {  // the router reads the norm unrounded
        const Arena::Scope in_turn(c.arena);
        const float* const ffn_in = normalise(c, s.middle, w.ffn_norm, s.ffn_in);
        loss = mixture_of_experts_backward(c, std::get<MoeWeights>(w.ffn), ffn_in, s.ffn_in, std::get<MoeSaved>(s.ffn),
                                           balance, d, d_normed);
    }
    norm_backward(c, c.tokens(), s.middle, hidden, w.ffn_norm, eps, d_normed, hidden, d);

    if (const auto* gqa = std::get_if<GqaWeights>(&w.attention)) {
        attention_gqa_backward(c, *gqa, s.attention_in, std::get<GqaSaved>(s.attention), d, d_normed);
    } else {
        attention_mla_backward(c, std::get<MlaWeights>(w.attention), s.attention_in, std::get<MlaSaved>(s.attention), d,
                               d_normed);
    }
    norm_backward(c, c.tokens(), s.x, hidden, w.attention_norm, eps, d_normed, hidden, d);
    return loss;
}

}  // namespace ergon::train
