// What forward refuses, and what it writes to the account.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>

#include "base/error.h"
#include "model/fixture.h"
#include "model/transformer.h"

namespace ergon {
namespace {

using energy::Arithmetic;
using energy::Source;
using model::CacheType;
using model::Role;
using model::StepItem;
using model::TokenId;
using testing::HasSubstr;

class Steps : public testing::Test {
  protected:
    void load(const std::string& fixture) { model_ = test::load_fixture(fixture, pool_); }
    std::string error(std::span<const StepItem> items) {
        try {
            model_->forward(items, logits_, account_);
            return "";
        } catch (const base::Error& error) {
            return error.what();
        }
    }

    base::ThreadPool pool_{2};
    std::unique_ptr<model::Model> model_;
    std::vector<float> logits_;
    energy::WorkAccount account_;
};

TEST_F(Steps, AreRefusedBeforeAnythingChanges) {
    load("llama-gqa");
    const auto cache = model_->make_cache(4, CacheType::f16), other = model_->make_cache(4, CacheType::f16);
    const std::vector<TokenId> good{1, 2, 3}, outside{1, 320}, negative{-1};
    const StepItem first{other.get(), good, Role::prompt, 1};
    const auto refuses = [&](const StepItem& second, const char* expected) {
        const StepItem items[] = {first, second};
        EXPECT_THAT(error(items), HasSubstr(expected));
        EXPECT_EQ(other->length(), 0);
        EXPECT_EQ(cache->length(), 0);
        EXPECT_TRUE(account_.records().empty());
    };
    refuses({cache.get(), outside, Role::prompt, 1}, "320");
    refuses({cache.get(), negative, Role::prompt, 1}, "-1");
    refuses({cache.get(), {}, Role::prompt, 0}, "0 tokens");
    refuses({cache.get(), good, Role::prompt, 4}, "logits of 4");
    refuses({cache.get(), good, Role::prompt, -1}, "logits of -1");
    refuses({other.get(), good, Role::prompt, 1}, "share");
    refuses({nullptr, good, Role::prompt, 1}, "not made by this model");
    const std::vector<TokenId> long_text(5, 1);
    refuses({cache.get(), long_text, Role::prompt, 1}, "context of 4 tokens");
    const auto another = test::load_fixture("llama3-rope", pool_);
    const auto foreign = another->make_cache(4, CacheType::f16);
    refuses({foreign.get(), good, Role::prompt, 1}, "not made by this model");
}

TEST_F(Steps, AFullCacheCanBeSetBack) {
    load("llama-gqa");
    const auto cache = model_->make_cache(3, CacheType::f16);
    const std::vector<TokenId> tokens{1, 2, 3};
    const StepItem item{cache.get(), tokens, Role::prompt, 1};
    EXPECT_EQ(error({&item, 1}), "");
    const std::vector<float> before = logits_;
    EXPECT_EQ(cache->length(), 3);
    EXPECT_THAT(error({&item, 1}), HasSubstr("3 are used and 3 more"));
    cache->truncate(1);
    const StepItem rest{cache.get(), std::span(tokens).subspan(1), Role::prompt, 1};
    EXPECT_EQ(error({&rest, 1}), "");
    EXPECT_EQ(logits_, before);
}

TEST_F(Steps, ACacheBeyondTheMachineIsRefusedWithNumbers) {
    load("deepseek-v3");
    // 4 layers of 32 + 32 values.
    EXPECT_EQ(model_->cache_bytes_per_token(CacheType::f16).value(), 4 * 64 * 2);
    EXPECT_EQ(model_->cache_bytes_per_token(CacheType::f32).value(), 4 * 64 * 4);
    for (const std::int64_t capacity :
         {std::int64_t{1} << 45, std::numeric_limits<std::int64_t>::max(), std::int64_t{0}, std::int64_t{-5}}) {
        try {
            model_->make_cache(capacity, CacheType::f16);
            ADD_FAILURE() << capacity;
        } catch (const base::Error& error) {
            EXPECT_THAT(error.what(), HasSubstr(std::to_string(capacity)));
        }
    }
}

TEST_F(Steps, LogitsComeInTheOrderOfTheItems) {
    load("deepseek-v3");
    const auto a = model_->make_cache(8, CacheType::f32), b = model_->make_cache(8, CacheType::f32),
               c = model_->make_cache(8, CacheType::f32);
    const std::vector<TokenId> tokens{5, 6, 7, 8};
    // Roles in turns: inside, prompts are moved before generated tokens.
    const StepItem items[] = {{a.get(), std::span(tokens).first(2), Role::generated, 2},
                              {b.get(), tokens, Role::prompt, 2},
                              {c.get(), std::span(tokens).last(1), Role::generated, 1}};
    model::HiddenStates hidden;
    model_->forward(items, logits_, account_, &hidden);
    const std::vector<float> together = logits_;
    const auto vocabulary = static_cast<std::size_t>(model_->vocabulary());
    const std::int64_t d = model_->config().hidden_size, layers = model_->config().num_hidden_layers;
    std::size_t row = 0, token = 0;
    for (StepItem item : items) {
        item.cache->truncate(0);
        model::HiddenStates alone;
        model_->forward({&item, 1}, logits_, account_, &alone);
        EXPECT_TRUE(std::equal(logits_.begin(), logits_.end(), together.begin() + row * vocabulary)) << row;
        for (std::int64_t layer = 0; layer <= layers; ++layer) {
            const std::int64_t size = std::ssize(item.tokens) * d;
            EXPECT_TRUE(std::equal(alone.values.begin() + layer * size, alone.values.begin() + (layer + 1) * size,
                                   hidden.values.begin() + layer * 7 * d + static_cast<std::int64_t>(token) * d));
        }
        row += static_cast<std::size_t>(item.logits);
        token += item.tokens.size();
    }
}

/// Sums over the records of each component.
std::map<std::string, energy::Work> by_component(const model::Model& model, const energy::WorkAccount& account) {
    std::map<std::string, energy::Work> sums;
    for (const energy::Work& work : account.records()) {
        energy::Work& sum = sums[model.component_names().at(work.component)];
        for (std::size_t i = 0; i < sum.bytes.size(); ++i) sum.bytes[i] += work.bytes[i];
        for (std::size_t i = 0; i < sum.operations.size(); ++i) sum.operations[i] += work.operations[i];
        sum.busy += work.busy;
    }
    return sums;
}

TEST_F(Steps, TheAccountHoldsWhatADecodedTokenReads) {
    load("deepseek-v3");
    const model::Config& c = model_->config();
    const auto cache = model_->make_cache(8, CacheType::f16);
    const std::vector<TokenId> tokens{1, 2, 3};
    const StepItem prompt{cache.get(), tokens, Role::prompt, 1};
    model_->forward({&prompt, 1}, logits_, account_);
    account_.clear();
    const StepItem item{cache.get(), std::span(tokens).first(1), Role::generated, 1};
    model_->forward({&item, 1}, logits_, account_);

    std::map<std::string, energy::Work> sums = by_component(*model_, account_);
    const std::int64_t moe_layers = 3,
                       expert = 3 * c.hidden_size * c.moe_intermediate_size;  // all rows are whole groups of 16
    EXPECT_EQ(sums["routed experts"][Source::weights], moe_layers * c.num_experts_per_tok * expert * 2);
    EXPECT_EQ(sums["routed experts"][Arithmetic::bf16], moe_layers * c.num_experts_per_tok * expert * 2);
    EXPECT_EQ(sums["shared expert"][Source::weights], moe_layers * expert * 2);
    EXPECT_EQ(sums["router"][Source::weights], moe_layers * c.n_routed_experts * c.hidden_size * 2);
    EXPECT_EQ(sums["dense feed-forward"][Source::weights], 3 * c.hidden_size * c.intermediate_size * 2);
    EXPECT_EQ(sums["output head"][Source::weights], c.vocab_size * c.hidden_size * 2);
    EXPECT_EQ(sums["embedding"][Source::weights], c.hidden_size * 2);
    // One position is written and four are read, in each layer.
    EXPECT_EQ(sums["attention"][Source::cache], c.num_hidden_layers * 5 * c.cached_key_values() * 2);
    EXPECT_EQ(sums["attention"][Arithmetic::f32],
              c.num_hidden_layers * 4 * c.num_attention_heads * 2 * (c.cached_key_values() + c.kv_lora_rank));
    EXPECT_GT(sums["norms and residual"][Source::activations], 0);
    std::int64_t experts = 0, earlier = 0;
    for (const energy::Work& work : account_.records()) {
        EXPECT_GE(work.begin.value(), earlier);
        EXPECT_GE(work.busy.value(), 0);
        EXPECT_EQ(work.sequences, 1);
        experts += work.expert >= 0 ? 1 : 0;
        if (work.expert < 0) earlier = work.begin.value();
    }
    EXPECT_EQ(experts, moe_layers * c.num_experts_per_tok);
}

TEST_F(Steps, ExpertsSayHowManySequencesSharedThem) {
    load("deepseek-v3");
    const auto a = model_->make_cache(40, CacheType::f16), b = model_->make_cache(40, CacheType::f16);
    const std::vector<TokenId> tokens{9, 8, 7, 6, 5};
    const StepItem items[] = {{a.get(), tokens, Role::prompt, 1}, {b.get(), tokens, Role::generated, 1}};
    model_->forward(items, logits_, account_);
    std::int64_t shared = 0;
    for (const energy::Work& work : account_.records()) {
        if (work.expert < 0) continue;
        EXPECT_GE(work.sequences, 1);
        EXPECT_LE(work.sequences, 2);
        shared += work.sequences == 2 ? 1 : 0;
    }
    EXPECT_GT(shared, 0);  // the same text twice goes to the same experts
}

}  // namespace
}  // namespace ergon
