#include "train/optimizer/packing.h"

#include "base/error.h"

namespace ergon::train {

std::vector<MicroBatch> pack(std::span<const Example> examples, std::int64_t micro_tokens, std::int64_t document) {
    std::vector<MicroBatch> all;
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const Example& example = examples[i];
        const std::int64_t size = std::ssize(example.ids);
        if (size == 0 || size > document || std::ssize(example.loss_weights) != size) {
            base::fail(base::ErrorCode::bad_argument,
                       "example {} has {} tokens and {} weights; expected 1 to {} tokens", i, size,
                       example.loss_weights.size(), document);
        }
        if (all.empty() || all.back().batch.tokens() + size > micro_tokens) all.emplace_back();
        MicroBatch& micro = all.back();
        for (std::size_t t = 1; t < example.ids.size(); ++t) {
            if (example.loss_weights[t] == 0) continue;
            micro.predictions.push_back({micro.batch.tokens() + static_cast<std::int64_t>(t) - 1, example.ids[t]});
            micro.weights.push_back(example.loss_weights[t]);
            micro.example.push_back(&example);
            micro.token.push_back(t);
        }
        micro.batch.add(example.ids);
    }
    return all;
}

TokenLoss MicroBatch::loss(std::int64_t prediction, double log_probability, const PolicyOptions& options) const {
    const auto i = static_cast<std::size_t>(prediction);
    const auto weight = static_cast<double>(weights[i]);
    const std::optional<PolicyTerms>& policy = example[i]->policy;
    if (!policy) return {-weight * log_probability, -weight};
    const TokenLoss one = policy_loss(log_probability, policy->at(token[i]), options);
    return {weight * one.loss, weight * one.slope};
}

}  // namespace ergon::train
