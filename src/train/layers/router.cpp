#include "train/layers/router.h"

#include <algorithm>
#include <numeric>

#include "kernels/elementwise.h"

namespace ergon::train {
namespace {

using model::ScoringFunc;

/// From the gradients of the chosen experts' weights to those of their scores (model/router.cpp has the weights).
void weigh_backward(const model::Config& c, const float* scores, const std::int32_t* chosen, const float* d_weight,
                    float* d_scores) {
    const std::int64_t k = c.num_experts_per_tok;
    const bool normalise = c.norm_topk_prob && k > 1;
    const float scale =
        !normalise || c.scoring_func == ScoringFunc::sigmoid ? static_cast<float>(c.routed_scaling_factor) : 1.0f;
    float sum = 1, along = 0;
    if (normalise) {
        sum = 1e-20f;
        for (std::int64_t i = 0; i < k; ++i) sum += scores[chosen[i]];
        for (std::int64_t i = 0; i < k; ++i) along += d_weight[i] * scores[chosen[i]] / sum;
    }
    for (std::int64_t i = 0; i < k; ++i) d_scores[chosen[i]] += scale * (d_weight[i] - along) / sum;
}

/// From the gradients of scores to those of the router's logits, in place.
void score_backward(const model::Config& c, const float* scores, float* d) {
    const std::int64_t n = c.n_routed_experts;
    if (c.scoring_func == ScoringFunc::softmax) {
        kernels::softmax_backward(scores, d, 1, n);
    } else {
        for (std::int64_t i = 0; i < n; ++i) d[i] *= scores[i] * (1 - scores[i]);
    }
}

/// How often each expert is among the num_experts_per_tok largest scores of tokens [first, first + tokens), the bias
/// left out; the lowest index wins a tie.
std::vector<double> largest_counts(const model::Config& c, const float* scores, std::int64_t first,
                                   std::int64_t tokens) {
    const std::int64_t n = c.n_routed_experts;
    std::vector<double> counts(n);
    std::vector<std::int32_t> order(n);
    for (std::int64_t t = first; t < first + tokens; ++t) {
        const float* const s = scores + t * n;
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + c.num_experts_per_tok, order.end(),
                          [&](std::int32_t a, std::int32_t b) { return s[a] != s[b] ? s[a] > s[b] : a < b; });
        for (std::int64_t i = 0; i < c.num_experts_per_tok; ++i) counts[order[i]] += 1;
    }
    return counts;
}

/// alpha * sum over experts of f_i P_i for tokens [first, first + tokens): f_i the share of choices times experts, P_i
/// the mean of the normalised scores. Adds its gradient to d_scores.
double balance_loss(const model::Config& c, const float* scores, const std::vector<double>& counts, std::int64_t first,
                    std::int64_t tokens, double alpha, float* d_scores) {
    const std::int64_t n = c.n_routed_experts;
    const auto all = static_cast<double>(tokens);
    std::vector<double> f(n);
    for (std::size_t i = 0; i < f.size(); ++i) {
        f[i] = counts[i] * static_cast<double>(n) / (static_cast<double>(c.num_experts_per_tok) * all);
    }
    double loss = 0;
    for (std::int64_t t = first; t < first + tokens; ++t) {
        const float* const s = scores + t * n;
        double sum = 0, along = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            sum += static_cast<double>(s[i]);
            along += f[i] * static_cast<double>(s[i]);
        }
        along /= sum;
        loss += alpha * along / all;
        for (std::int64_t i = 0; i < n; ++i) {
            d_scores[t * n + i] += static_cast<float>(alpha * (f[i] - along) / (sum * all));
        }
    }
    return loss;
}

double balance_losses(const Context& c, const MoeSaved& s, const Balance& balance, float* d_scores) {
    double loss = 0;
    if (balance.sequence_loss > 0) {
        for (const Document& d : c.batch.documents) {
            loss += balance_loss(c.config, s.scores, largest_counts(c.config, s.scores, d.first, d.tokens), d.first,
                                 d.tokens, static_cast<double>(balance.sequence_loss), d_scores);
        }
    }
    if (balance.batch_loss > 0) {
        std::vector<double> counts;
        for (std::size_t e = 0; e + 1 < s.slots.begin.size(); ++e) {
            counts.push_back(static_cast<double>(s.slots.begin[e + 1] - s.slots.begin[e]));
        }
        loss +=
            balance_loss(c.config, s.scores, counts, 0, c.tokens(), static_cast<double>(balance.batch_loss), d_scores);
    }
    return loss;
}

}  // namespace

void route(const Context& c, const MoeWeights& w, const std::vector<float>& bias, const float* x, MoeSaved& s) {
    project(c, c.tokens(), StoredTensor::of(x, w.router.cols), {{w.router, s.scores}});
    s.slots.choose(c.config, bias, c.tokens(), s.scores, c.pool);
}

double route_backward(const Context& c, const MoeWeights& w, const float* x, const MoeSaved& s,
                      const std::vector<float>& d_weight, const Balance& balance, float* dx) {
    const Arena::Scope scratch(c.arena);
    const std::int64_t n = c.config.n_routed_experts, k = c.config.num_experts_per_tok;
    float* const d_scores = c.arena.take(c.tokens() * n);
    std::fill_n(d_scores, c.tokens() * n, 0.0f);
    const double loss = balance_losses(c, s, balance, d_scores);
    c.pool.for_each(c.tokens(), [&](std::int64_t t) {
        weigh_backward(c.config, s.scores + t * n, s.slots.chosen.data() + t * k, d_weight.data() + t * k,
                       d_scores + t * n);
        score_backward(c.config, s.scores + t * n, d_scores + t * n);
    });
    project_backward(c, c.tokens(), StoredTensor::of(x, w.router.cols), {{w.router, d_scores}}, dx, true);
    return loss;
}

}  // namespace ergon::train
