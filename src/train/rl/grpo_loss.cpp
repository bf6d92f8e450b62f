#include "train/rl/grpo_loss.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"

namespace ergon::train {

double k3(double log_probability, double reference) {
    const double difference = reference - log_probability;
    return kernels::exponential(difference) - difference - 1;
}

TokenLoss policy_loss(double log_probability, const PolicyToken& token, const PolicyOptions& options) {
    const double ratio = token.old ? kernels::exponential(log_probability - *token.old) : 1;
    const double clipped = std::clamp(ratio, 1 - options.clip, 1 + options.clip);
    const double free = ratio * token.advantage, bound = clipped * token.advantage;
    // Where the clipped ratio is the lesser, it is a constant.
    TokenLoss loss = free <= bound ? TokenLoss{-free, -free} : TokenLoss{-bound, 0};
    if (token.reference) {
        loss.loss += options.kl * k3(log_probability, *token.reference);
        loss.slope += options.kl * (1 - kernels::exponential(*token.reference - log_probability));
    }
    return loss;
}

std::vector<double> group_advantages(std::span<const double> rewards) {
    const auto count = static_cast<double>(rewards.size());
    double mean = 0, variance = 0;
    for (const double r : rewards) mean += r / count;
    for (const double r : rewards) variance += (r - mean) * (r - mean) / count;
    // Below this the rewards differ by rounding alone.
    constexpr double least = 1e-9;
    const double deviation = std::sqrt(variance);
    std::vector<double> advantages;
    for (const double r : rewards) advantages.push_back(deviation > least ? (r - mean) / deviation : 0);
    return advantages;
}

}  // namespace ergon::train
