// Log-probabilities of training are those of generation, bit for bit: F32 weights, F32 cache, latent attention
// absorbed.

#include <gtest/gtest.h>

#include "kernels/elementwise.h"
#include "model/transformer.h"
#include "train/training_fixture.h"

namespace ergon::train {
namespace {

using test::TrainingFixture;

/// What the engine computes when it generates the document's tokens after the first `prompt`: the prompt in one piece,
/// then a token at a time, with another sequence in the same steps.
std::vector<double> generated(const TrainingFixture& fixture, const Weights& weights, const std::vector<TokenId>& ids,
                              std::int64_t prompt, base::ThreadPool& pool) {
    const model::Config& config = fixture.architecture.config;
    model::Transformer engine(config, model::WeightSource(model::TensorsInMemory(weights.tensors())), {.strict = true},
                              pool);
    const auto cache = engine.make_cache(std::ssize(ids), model::CacheType::f32);
    const auto other = engine.make_cache(std::ssize(ids), model::CacheType::f32);
    energy::WorkAccount account;
    std::vector<float> logits;
    std::vector<double> result;
    for (std::int64_t t = 0; t + 1 < std::ssize(ids);) {
        const std::int64_t count = t == 0 ? prompt : 1;
        const std::span tokens(ids.data() + t, static_cast<std::size_t>(count));
        const auto role = t == 0 ? model::Role::prompt : model::Role::generated;
        const std::array steps{model::StepItem{other.get(), tokens, role, 1},
                               model::StepItem{cache.get(), tokens, role, 1}};
        engine.forward(steps, logits, account, nullptr);
        t += count;
        const float* const last = logits.data() + config.vocab_size;
        result.push_back(static_cast<double>(last[ids[static_cast<std::size_t>(t)]]) -
                         kernels::log_sum_exp(last, config.vocab_size));
    }
    return result;
}

class OnPolicy : public testing::TestWithParam<std::string> {};

TEST_P(OnPolicy, TrainingAndGenerationHaveTheSameBits) {
    const TrainingFixture fixture(GetParam());
    base::ThreadPool pool(3);
    Weights weights(fixture.architecture);
    fixture.load(weights);
    Transformer transformer(weights, fixture.limits(), pool);
    std::int64_t compared = 0;
    for (const Document& d : fixture.batch.documents) {
        if (d.tokens < 8) continue;
        const auto first = fixture.batch.ids.begin() + d.first;
        const std::vector<TokenId> ids(first, first + d.tokens);
        for (const std::int64_t prompt : {std::int64_t{1}, std::int64_t{7}}) {
            std::vector<Prediction> predictions;
            for (std::int64_t t = prompt - 1; t + 1 < d.tokens; ++t) {
                predictions.push_back({d.first + t, ids[static_cast<std::size_t>(t) + 1]});
            }
            const auto trained = transformer.log_probabilities(fixture.batch, predictions);
            const auto engine = generated(fixture, weights, ids, prompt, pool);
            EXPECT_EQ(trained, engine) << "prompt of " << prompt;
            compared += std::ssize(engine);
        }
    }
    EXPECT_GT(compared, 80);
}

INSTANTIATE_TEST_SUITE_P(Models, OnPolicy, testing::Values("llama", "v2", "v3"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace ergon::train
