#include "model/router.h"

#include <algorithm>
#include <limits>

#include "kernels/elementwise.h"

namespace ergon::model {
namespace {

constexpr float excluded = -std::numeric_limits<float>::infinity();

/// The index of the largest value that is not taken, the lowest of equals. NaN loses to all, so that there is always an
/// answer.
std::int64_t take_largest(const std::vector<float>& values, std::vector<char>& taken) {
    std::int64_t best = -1;
    for (std::int64_t i = 0; i < std::ssize(values); ++i) {
        if (taken[i] != 0) continue;
        const float value = values[i];
        if (best < 0 || value > values[best]) best = i;
    }
    taken[best] = 1;
    return best;
}

/// What speaks for a group: its largest value, or for noaux_tc the sum of its two largest.
float group_score(TopkMethod method, const float* values, std::int64_t n) {
    float first = excluded, second = excluded;
    for (std::int64_t i = 0; i < n; ++i) {
        if (values[i] > first) {
            second = first;
            first = values[i];
        } else if (values[i] > second) {
            second = values[i];
        }
    }
    return method == TopkMethod::noaux_tc && n > 1 ? first + second : first;
}

/// Excludes the experts of all groups but the topk_group best.
void limit_groups(const Config& c, RouterScratch& s) {
    const std::int64_t size = c.n_routed_experts / c.n_group;
    s.group.resize(c.n_group);
    for (std::int64_t g = 0; g < c.n_group; ++g) {
        s.group[g] = group_score(c.topk_method, s.choice.data() + g * size, size);
    }
    s.taken.assign(s.group.size(), 0);
    for (std::int64_t k = 0; k < c.topk_group; ++k) take_largest(s.group, s.taken);
    for (std::int64_t g = 0; g < c.n_group; ++g) {
        if (s.taken[g] == 0) std::fill_n(s.choice.begin() + g * size, size, excluded);
    }
}

void weigh(const Config& c, const float* scores, const std::int32_t* experts, float* weights) {
    const std::int64_t k = c.num_experts_per_tok;
    const auto scale = static_cast<float>(c.routed_scaling_factor);
    float sum = 0;
    for (std::int64_t i = 0; i < k; ++i) sum += weights[i] = scores[experts[i]];
    const bool normalise = c.norm_topk_prob && k > 1;
    for (std::int64_t i = 0; i < k; ++i) {
        if (normalise) weights[i] /= sum + 1e-20f;  // the original code's guard against a sum of 0
        // DeepSeek-V2's code normalises or scales, V3's does both.
        if (!normalise || c.scoring_func == ScoringFunc::sigmoid) weights[i] *= scale;
    }
}

}  // namespace

void choose_experts(const Config& c, const std::vector<float>& correction_bias, float* logits, RouterScratch& s,
                    std::int32_t* experts, float* weights) {
    const std::int64_t n = c.n_routed_experts;
    if (c.scoring_func == ScoringFunc::softmax) {
        kernels::softmax(logits, n);
    } else {
        kernels::sigmoid(logits, n);
    }
    const float* const scores = logits;
    s.choice.assign(scores, scores + n);
    if (c.topk_method == TopkMethod::noaux_tc) kernels::add(s.choice.data(), correction_bias.data(), n);
    if (c.topk_method != TopkMethod::greedy && c.n_group > 1) limit_groups(c, s);

    s.taken.assign(n, 0);
    for (std::int64_t k = 0; k < c.num_experts_per_tok; ++k) {
        experts[k] = static_cast<std::int32_t>(take_largest(s.choice, s.taken));
    }
    std::sort(experts, experts + c.num_experts_per_tok);
    weigh(c, scores, experts, weights);
}

}  // namespace ergon::model
