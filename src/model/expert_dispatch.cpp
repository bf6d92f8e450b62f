#include "model/expert_dispatch.h"

#include "model/router.h"

namespace ergon::model {

base::Nanoseconds ExpertDispatch::choose(const Config& config, const std::vector<float>& correction_bias,
                                         std::int64_t tokens, float* logits, base::ThreadPool& pool) {
    const std::int64_t experts = config.n_routed_experts, k = config.num_experts_per_tok;
    chosen.resize(tokens * k);
    weight.resize(tokens * k);
    std::vector<RouterScratch> scratch(pool.size());
    return pool.run(tokens, 8, [&](std::int64_t first, std::int64_t end, int worker) {
        for (std::int64_t t = first; t < end; ++t) {
            choose_experts(config, correction_bias, logits + t * experts, scratch[worker], chosen.data() + t * k,
                           weight.data() + t * k);
        }
    });
}

void ExpertDispatch::sort(const Config& config) {  // a counting sort: tokens stay ascending within an expert
    begin.assign(config.n_routed_experts + 1, 0);
    for (const std::int32_t expert : chosen) ++begin[expert + 1];
    for (std::size_t e = 1; e < begin.size(); ++e) begin[e] += begin[e - 1];
    std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
    token.resize(chosen.size());
    slot_of.resize(chosen.size());
    for (std::int64_t i = 0; i < std::ssize(chosen); ++i) {
        const std::int64_t slot = next[chosen[i]]++;
        token[slot] = static_cast<std::int32_t>(i / config.num_experts_per_tok);
        slot_of[i] = static_cast<std::int32_t>(slot);
    }
}

}  // namespace ergon::model
