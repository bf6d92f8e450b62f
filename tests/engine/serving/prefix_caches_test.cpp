#include "engine/serving/prefix_caches.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"

namespace ergon::engine {
namespace {

class PrefixCachesTest : public ::testing::Test {
  protected:
    LoadedModel load() { return load_model(ERGON_FIXTURES "/llama-gqa", {}, pool_); }
    /// Fills a cache with tokens, as a step does.
    void read(model::Cache& cache, std::span<const TokenId> tokens) {
        std::vector<float> logits;
        energy::WorkAccount account(false);
        const model::StepItem item{&cache, tokens.subspan(static_cast<std::size_t>(cache.length())),
                                   model::Role::prompt, 0};
        model_.model->forward({&item, 1}, logits, account);
    }
    PrefixCaches caches(std::int64_t count, bool reuse_generated = true) {
        return {model_, {.count = count, .context = {.tokens = 64}, .reuse_generated = reuse_generated}};
    }

    base::ThreadPool pool_{1};
    LoadedModel model_ = load();
};

TEST_F(PrefixCachesTest, APromptGetsTheCacheThatHoldsMostOfItsBeginning) {
    PrefixCaches caches = this->caches(3);
    const std::vector<TokenId> first{1, 2, 3, 4, 5}, second{1, 2, 9, 9};
    model::Cache* const a = caches.take(first);
    model::Cache* const b = caches.take(second);
    EXPECT_NE(a, b);
    EXPECT_EQ(a->length(), 0);
    EXPECT_EQ(caches.free(), 1u);
    read(*a, first);
    read(*b, second);
    caches.give_back(a, first, 5);
    caches.give_back(b, second, 4);
    EXPECT_EQ(caches.free(), 3u);

    model::Cache* const again = caches.take(std::vector<TokenId>{1, 2, 3, 4, 7, 7});
    EXPECT_EQ(again, a);
    EXPECT_EQ(again->length(), 4);
    model::Cache* const other = caches.take(std::vector<TokenId>{1, 2, 3});
    EXPECT_EQ(other, b) << "a is in use";
    EXPECT_EQ(other->length(), 2);
    caches.discard(again);
    model::Cache* const fresh = caches.take(std::vector<TokenId>{1, 2, 3, 4, 7, 7});
    EXPECT_EQ(fresh->length(), 0) << "what was discarded is not remembered";
}

TEST_F(PrefixCachesTest, TheLastTokenIsAlwaysReadAndTheLastOfAnAnswerNeverWas) {
    PrefixCaches caches = this->caches(1);
    const std::vector<TokenId> prompt{1, 2, 3};
    model::Cache* cache = caches.take(prompt);
    read(*cache, std::vector<TokenId>{1, 2, 3, 4});
    caches.give_back(cache, std::vector<TokenId>{1, 2, 3, 4, 5}, 3);  // the 5 was chosen and not fed
    cache = caches.take(prompt);
    EXPECT_EQ(cache->length(), 2) << "of the last token logits are wanted";
    EXPECT_EQ(caches.take(prompt), nullptr);
    caches.give_back(cache, prompt, 3);
}

TEST_F(PrefixCachesTest, WhatWasGeneratedIsReusedOnlyWhereItsBitsAreThoseOfAPrompt) {
    for (const bool reuse : {true, false}) {
        PrefixCaches caches = this->caches(1, reuse);
        const std::vector<TokenId> whole{1, 2, 3, 4, 5, 6};
        model::Cache* cache = caches.take(whole);
        read(*cache, whole);
        caches.give_back(cache, whole, 3);
        cache = caches.take(std::vector<TokenId>{1, 2, 3, 4, 5, 6, 7});
        EXPECT_EQ(cache->length(), reuse ? 6 : 3);
    }
}

TEST_F(PrefixCachesTest, WhatDoesNotFitIsRefusedBeforeItIsTaken) {
    test::expect_error(base::ErrorCode::out_of_budget, "contexts of 64 tokens take",
                       [&] { caches(1'000'000'000'000); });
    test::expect_error(base::ErrorCode::bad_argument, "needs at least one context", [&] { caches(0); });
}

}  // namespace
}  // namespace ergon::engine
