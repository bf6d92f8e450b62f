#pragma once
// Which experts a token goes to.

#include <cstdint>
#include <vector>

#include "model/config/config.h"

namespace ergon::model {

/// Memory of one thread for choose_experts, used again and again.
struct RouterScratch {
    std::vector<float> choice;  // [n_routed_experts]: what is compared
    std::vector<float> group;   // [n_group]
    std::vector<char> taken;    // [n_routed_experts or n_group]
};

/// Chooses num_experts_per_tok experts for one token.
///   scores s = softmax(z) or sigmoid(z) of the router's logits z [n_routed_experts], which are overwritten by them
///   greedy                the largest s
///   group_limited_greedy  the largest s within the topk_group groups whose largest s is largest (DeepSeek-V2)
///   noaux_tc              the largest s + correction_bias within the topk_group groups whose two largest s + bias sum
///   to most
///                         (DeepSeek-V3); the weights come from s alone
/// Of equals the lowest index is taken. Weights: with softmax s / sum if norm_topk_prob, else s *
/// routed_scaling_factor; with sigmoid s
/// (/ sum if norm_topk_prob) * routed_scaling_factor.
/// experts and weights [num_experts_per_tok] are written in ascending order of the expert's index, the order in which
/// their outputs are summed.
void choose_experts(const Config& config, const std::vector<float>& correction_bias, float* logits,
                    RouterScratch& scratch, std::int32_t* experts, float* weights);

}  // namespace ergon::model
