// contract 1 of docs/architecture.md: logits do not depend on the number of threads, on what else is in the step, on
// how a prompt is cut, on preemption, nor on the instruction set. Every comparison is ==.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/sanitized.h"
#include "kernels/builds/isa.h"
#include "model/fixture.h"

namespace ergon {
namespace {

using model::CacheType;
using model::Role;
using model::StepItem;
using model::TokenId;

/// A conversation: some tokens that are read, then some that count as generated, one by one.
struct Text {
    std::vector<TokenId> tokens;
    std::int64_t prompt = 0;
};

std::vector<Text> texts(std::int64_t vocabulary) {
    std::vector<Text> all;
    base::RandomSequence random(7);
    // The second one is longer than a chunk of attention (512 keys), the third ends exactly on one.
    for (const auto& [prompt, generated] :
         {std::pair{37, 9}, std::pair{601, 12}, std::pair{505, 7}, std::pair{1, 20}}) {
        Text text{{}, prompt};
        for (int i = 0; i < prompt + generated; ++i) {
            text.tokens.push_back(static_cast<TokenId>(random.below(static_cast<std::uint64_t>(vocabulary))));
        }
        all.push_back(text);
    }
    return all;
}

/// Logits of all positions [tokens, vocab], alone in every step, the prompt at once.
std::vector<float> run_alone(model::Model& model, const Text& text, CacheType type) {
    energy::WorkAccount account;
    const auto cache = model.make_cache(std::ssize(text.tokens), type);
    const std::span<const TokenId> tokens(text.tokens);
    std::vector<float> all, logits;
    StepItem item{cache.get(), tokens.first(static_cast<std::size_t>(text.prompt)), Role::prompt, text.prompt};
    model.forward({&item, 1}, all, account);
    for (std::size_t i = static_cast<std::size_t>(text.prompt); i < tokens.size(); ++i) {
        item = {cache.get(), tokens.subspan(i, 1), Role::generated, 1};
        model.forward({&item, 1}, logits, account);
        all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
}

/// The same texts in a random schedule: any of them in each step, in pieces of any size, now and then set back and
/// computed again.
class Schedule {
  public:
    Schedule(model::Model& model, const std::vector<Text>& texts, CacheType type, std::uint64_t seed)
        : model_(model), texts_(texts), random_(seed) {
        for (const Text& text : texts) {
            caches_.push_back(model.make_cache(std::ssize(text.tokens), type));
            results_.emplace_back(text.tokens.size() * static_cast<std::size_t>(model.vocabulary()));
        }
    }

    const std::vector<std::vector<float>>& run() {
        while (step()) {
        }
        return results_;
    }

  private:
    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
    }

    bool step() {
        std::vector<StepItem> items;
        std::vector<std::size_t> owners;
        bool unfinished = false;
        for (std::size_t i = 0; i < texts_.size(); ++i) {
            const Text& text = texts_[i];
            model::Cache& cache = *caches_[i];
            if (set_back_ > 0 && cache.length() > 0 && below(12) == 0) {
                cache.truncate(below(cache.length()));
                --set_back_;
            }
            const std::int64_t done = cache.length(), all = std::ssize(text.tokens);
            if (done == all) continue;
            unfinished = true;
            if (below(3) == 0) continue;  // not in this step
            const bool reading = done < text.prompt;
            const std::int64_t most =
                reading ? text.prompt - done : std::min<std::int64_t>(all - done, 3);  // drafted tokens
            const std::int64_t count = 1 + below(below(4) == 0 ? most : std::min<std::int64_t>(most, 70));
            items.push_back(
                {&cache,
                 std::span(text.tokens).subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count)),
                 reading ? Role::prompt : Role::generated, count});
            owners.push_back(i);
        }
        if (items.empty()) return unfinished;
        model_.forward(items, logits_, account_);
        auto from = logits_.begin();
        for (std::size_t n = 0; n < items.size(); ++n) {
            const std::int64_t values = items[n].logits * model_.vocabulary();
            const std::int64_t first = items[n].cache->length() - items[n].logits;
            std::copy_n(from, values, results_[owners[n]].begin() + first * model_.vocabulary());
            from += values;
        }
        return true;
    }

    model::Model& model_;
    const std::vector<Text>& texts_;
    base::RandomSequence random_;
    std::vector<std::unique_ptr<model::Cache>> caches_;
    std::vector<std::vector<float>> results_;
    std::vector<float> logits_;
    energy::WorkAccount account_;
    int set_back_ = 4;
};

class SameBits : public testing::TestWithParam<std::string> {
  protected:
    void TearDown() override { kernels::use_isa(kernels::available_isas().back()); }
};

using SameBitsOfLongTexts = SameBits;

TEST_P(SameBits, WhateverTheScheduleThreadsAndInstructionSet) {
    std::vector<std::vector<float>> expected[2];
    {
        kernels::use_isa(kernels::available_isas().back());  // the quickest
        base::ThreadPool pool(1);
        const auto model = test::load_fixture(GetParam(), pool);
        for (const Text& text : texts(model->vocabulary())) {
            expected[0].push_back(run_alone(*model, text, CacheType::f16));
            expected[1].push_back(run_alone(*model, text, CacheType::f32));
        }
        EXPECT_NE(expected[0], expected[1]);  // the cache's rounding shows: the comparison below can fail
    }
    std::uint64_t seed = 0;
    for (const kernels::Isa isa : kernels::available_isas()) {
        kernels::use_isa(isa);
        for (const int threads : test::sanitized ? std::vector{3} : std::vector{1, 2, 3}) {
            base::ThreadPool pool(threads);
            const auto model = test::load_fixture(GetParam(), pool);
            const std::vector<Text> all = texts(model->vocabulary());
            for (const CacheType type : {CacheType::f16, CacheType::f32}) {
                Schedule schedule(*model, all, type, ++seed);
                EXPECT_TRUE(schedule.run() == expected[type == CacheType::f16 ? 0 : 1])
                    << kernels::name(isa) << ", " << threads << " threads, seed " << seed;
            }
        }
    }
}

TEST_P(SameBitsOfLongTexts, AStepLongerThanTheWorkspaceIsCut) {
    base::ThreadPool pool(2);
    const auto model = test::load_fixture(GetParam(), pool);
    std::vector<TokenId> tokens;
    base::RandomSequence random(3);
    for (int i = 0; i < 2100; ++i)
        tokens.push_back(static_cast<TokenId>(random.below(static_cast<std::uint64_t>(model->vocabulary()))));
    energy::WorkAccount account;
    std::vector<float> logits[2];
    model::HiddenStates hidden[2];
    const std::span<const TokenId> all(tokens);
    {  // both at once: 4,200 tokens in one step
        const auto one = model->make_cache(2100, CacheType::f16), two = model->make_cache(2100, CacheType::f16);
        const StepItem items[] = {{one.get(), all, Role::prompt, 3}, {two.get(), all, Role::prompt, 1}};
        model->forward(items, logits[0], account, &hidden[0]);
    }
    const auto cache = model->make_cache(2100, CacheType::f16);
    const StepItem head{cache.get(), all.first(1000), Role::prompt, 0};
    model->forward({&head, 1}, logits[1], account);
    EXPECT_TRUE(logits[1].empty());
    const StepItem rest{cache.get(), all.subspan(1000), Role::prompt, 3};
    model->forward({&rest, 1}, logits[1], account, &hidden[1]);

    const auto vocabulary = static_cast<std::size_t>(model->vocabulary());
    ASSERT_EQ(logits[0].size(), 4 * vocabulary);
    EXPECT_TRUE(std::equal(logits[1].begin(), logits[1].end(), logits[0].begin()));
    EXPECT_TRUE(std::equal(logits[1].end() - vocabulary, logits[1].end(), logits[0].end() - vocabulary));
    // The residual stream after the last layer, of the last token of the first sequence.
    const std::int64_t d = model->config().hidden_size, layers = model->config().num_hidden_layers;
    ASSERT_EQ(std::ssize(hidden[0].values), (layers + 1) * 4200 * d);
    const auto last = [&](const model::HiddenStates& states, std::int64_t tokens_of_step, std::int64_t token) {
        const auto from = states.values.begin() + (layers * tokens_of_step + token) * d;
        return std::vector<float>(from, from + d);
    };
    EXPECT_EQ(last(hidden[0], 4200, 2099), last(hidden[1], 1100, 1099));
    EXPECT_EQ(last(hidden[0], 4200, 4199), last(hidden[1], 1100, 1099));
}

// One token over five chunks of keys: few rows, so that chunks go to different threads and are merged afterwards.
TEST_P(SameBitsOfLongTexts, LongAttentionIsMergedInOrder) {
    std::vector<std::vector<float>> expected;
    for (const int threads : {1, 2, 3}) {
        base::ThreadPool pool(threads);
        const auto model = test::load_fixture(GetParam(), pool);
        base::RandomSequence random(11);
        std::vector<TokenId> tokens(2105);
        for (TokenId& id : tokens)
            id = static_cast<TokenId>(random.below(static_cast<std::uint64_t>(model->vocabulary())));
        energy::WorkAccount account;
        const auto cache = model->make_cache(std::ssize(tokens), CacheType::f16);
        std::vector<std::vector<float>> logits(1);
        StepItem item{cache.get(), std::span(tokens).first(2100), Role::prompt, 1};
        model->forward({&item, 1}, logits[0], account);
        for (std::size_t i = 2100; i < tokens.size(); ++i) {
            item = {cache.get(), std::span(tokens).subspan(i, 1), Role::generated, 1};
            model->forward({&item, 1}, logits.emplace_back(), account);
        }
        if (threads == 1) expected = logits;
        EXPECT_EQ(logits, expected) << threads << " threads";
    }
}

std::string name_of(const testing::TestParamInfo<std::string>& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, SameBits, testing::Values("llama-gqa", "deepseek-v2-lite", "deepseek-v3"), name_of);
// llama-gqa was made for 2,048 tokens.
INSTANTIATE_TEST_SUITE_P(Fixtures, SameBitsOfLongTexts, testing::Values("qwen2", "deepseek-v2-lite", "deepseek-v3"),
                         name_of);

}  // namespace
}  // namespace ergon
