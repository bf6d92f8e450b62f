#include "train/block.h"

#include <algorithm>

namespace ergon::train {

BlockSaved BlockSaved::take(Arena& arena, const model::Config& c, bool experts, std::int64_t tokens, float* x) {
    const std::int64_t values = tokens * c.hidden_size;
    BlockSaved s{x, arena.take(values), arena.take(values), arena.take(values), {}, {}};
    if (c.is_mla()) {
        s.attention = MlaSaved::take(arena, c, tokens);
    } else {
        s.attention = GqaSaved::take(arena, c, tokens);
    }
    if (experts) {
        s.ffn = MoeSaved::take(arena, c, tokens);
    } else {
        s.ffn = FfnSaved::take(arena, tokens, c.intermediate_size);
    }
    return s;
}

void block(const Context& c, const BlockWeights& w, const std::vector<Weights::Bias>& biases, BlockSaved& s,
           Arena& arena, float* y) {
    const std::int64_t before = arena.taken(), hidden = c.config.hidden_size, values = c.tokens() * hidden;
    const double eps = c.config.rms_norm_eps;
    float* const update = arena.take(values);
    norm(c, c.tokens(), s.x, hidden, w.attention_norm, eps, s.attention_in, hidden);
    if (const auto* gqa = std::get_if<GqaWeights>(&w.attention)) {
        attention_gqa(c, *gqa, s.attention_in, std::get<GqaSaved>(s.attention), update);
    } else {
        attention_mla(c, std::get<MlaWeights>(w.attention), s.attention_in, std::get<MlaSaved>(s.attention), update);
    }
    std::copy_n(s.x, values, s.middle);
    add(c, s.middle, update, values);

    norm(c, c.tokens(), s.middle, hidden, w.ffn_norm, eps, s.ffn_in, hidden);
    if (const auto* dense = std::get_if<FfnWeights>(&w.ffn)) {
        feed_forward(c, *dense, s.ffn_in, std::get<FfnSaved>(s.ffn), update);
    } else {
        const auto& moe = std::get<MoeWeights>(w.ffn);
        static const std::vector<float> none;
        const bool biased = c.config.topk_method == model::TopkMethod::noaux_tc;
        mixture_of_experts(c, moe, biased ? biases[moe.bias].values : none, s.ffn_in, std::get<MoeSaved>(s.ffn), arena,
                           update);
    }
    std::copy_n(s.middle, values, y);
    add(c, y, update, values);
    arena.rewind(before);
}

double block_backward(const Context& c, const BlockWeights& w, BlockSaved& s, const Balance& balance, Arena& arena,
                      float* d) {
    const std::int64_t before = arena.taken(), hidden = c.config.hidden_size;
    const double eps = c.config.rms_norm_eps;
    float* const d_normed = arena.take(c.tokens() * hidden);
    double loss = 0;
    if (const auto* dense = std::get_if<FfnWeights>(&w.ffn)) {
        feed_forward_backward(c, *dense, s.ffn_in, std::get<FfnSaved>(s.ffn), d, false, arena, d_normed);
    } else {
        loss = mixture_of_experts_backward(c, std::get<MoeWeights>(w.ffn), s.ffn_in, std::get<MoeSaved>(s.ffn), balance,
                                           d, arena, d_normed);
    }
    norm_backward(c, c.tokens(), s.middle, hidden, w.ffn_norm, eps, d_normed, hidden, d);

    if (const auto* gqa = std::get_if<GqaWeights>(&w.attention)) {
        attention_gqa_backward(c, *gqa, s.attention_in, std::get<GqaSaved>(s.attention), d, arena, d_normed);
    } else {
        attention_mla_backward(c, std::get<MlaWeights>(w.attention), s.attention_in, std::get<MlaSaved>(s.attention), d,
                               arena, d_normed);
    }
    norm_backward(c, c.tokens(), s.x, hidden, w.attention_norm, eps, d_normed, hidden, d);
    arena.rewind(before);
    return loss;
}

}  // namespace ergon::train
