#include "engine/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/fake_model.h"

namespace ergon::engine {
namespace {

using ::testing::ElementsAre;
using testing::FakeModel;
using ::testing::HasSubstr;

struct Job {
    std::vector<TokenId> prompt;
    GenerationOptions options;
    std::int64_t capacity = 200;
};

std::vector<TokenId> some_prompt(std::uint64_t stream, std::int64_t length) {
    base::RandomSequence random(3, stream);
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < length; ++i) ids.push_back(static_cast<TokenId>(random.below(50)));
    return ids;
}

Request request_for(const Job& job, model::Cache& cache) {
    return {job.prompt, job.options, &cache, {}, nullptr};
}

std::shared_ptr<const Answer> alone(const Job& job, std::int64_t step_tokens) {
    FakeModel model;
    const auto cache = model.make_cache(job.capacity, model::CacheType::f16);
    Scheduler scheduler(model, nullptr, nullptr, step_tokens);
    auto answer = scheduler.add(request_for(job, *cache));
    scheduler.run();
    return answer;
}

// contract 1 of docs/architecture.md: what a request gets does not depend on the chunks of its prompt nor on who else
// is in the batch.
TEST(Scheduler, AnswersDependNeitherOnChunksNorOnTheBatch) {
    std::vector<Job> jobs;
    for (std::uint64_t i = 0; i < 7; ++i) {
        Job job{some_prompt(i, static_cast<std::int64_t>(1 + 13 * i)), {}};
        job.options.max_tokens = static_cast<std::int64_t>(5 + 3 * i);
        job.options.sampling = {.temperature = i % 2 == 0 ? 0.0 : 0.9, .top_p = 0.9, .seed = i};
        jobs.push_back(job);
    }
    for (const std::int64_t step_tokens : {1, 3, 17, 512}) {
        FakeModel model;
        Scheduler scheduler(model, nullptr, nullptr, step_tokens);
        std::vector<std::unique_ptr<model::Cache>> caches;
        std::vector<std::shared_ptr<const Answer>> answers;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            caches.push_back(model.make_cache(jobs[i].capacity, model::CacheType::f16));
            answers.push_back(scheduler.add(request_for(jobs[i], *caches[i])));
            if (i == 3) {  // some are under way when others come
                for (int k = 0; k < 4; ++k) scheduler.step();
            }
        }
        scheduler.run();
        for (const std::int64_t n : model.step_tokens) EXPECT_LE(n, step_tokens);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            EXPECT_EQ(answers[i]->tokens, alone(jobs[i], 512)->tokens)
                << "request " << i << ", " << step_tokens << " a step";
            EXPECT_EQ(answers[i]->stop, StopReason::max_tokens);
            EXPECT_EQ((*answers[i])[base::Phase::prompt].tokens, static_cast<std::int64_t>(jobs[i].prompt.size()));
        }
    }
}

TEST(Scheduler, EveryoneGetsATokenAndReadersShareTheRest) {
    FakeModel model;
    Scheduler scheduler(model, nullptr, nullptr, 9);
    std::vector<std::unique_ptr<model::Cache>> caches;
    std::vector<std::shared_ptr<const Answer>> answers;
    for (const std::int64_t length : {1, 20, 20}) {
        caches.push_back(model.make_cache(100, model::CacheType::f16));
        Job job{some_prompt(1, length), {}};
        job.options.max_tokens = 10;
        answers.push_back(scheduler.add(request_for(job, *caches.back())));
    }
    scheduler.step();  // 1 of 1, then 4 and 4
    EXPECT_THAT(caches[0]->length(), 1);
    EXPECT_THAT(caches[1]->length(), 4);
    EXPECT_THAT(caches[2]->length(), 4);
    scheduler.step();  // one generated token, then 4 and 4
    EXPECT_THAT(caches[0]->length(), 2);
    EXPECT_THAT(caches[1]->length(), 8);
    EXPECT_THAT(caches[2]->length(), 8);
    scheduler.run();
    for (const auto& answer : answers) EXPECT_EQ(answer->tokens.size(), 10u);
}

TEST(Scheduler, NobodyStarvesWhenMoreGenerateThanAStepHolds) {
    FakeModel model;
    Scheduler scheduler(model, nullptr, nullptr, 2);
    std::vector<std::unique_ptr<model::Cache>> caches;
    for (std::uint64_t i = 0; i < 5; ++i) {
        caches.push_back(model.make_cache(100, model::CacheType::f16));
        Job job{some_prompt(i, 1), {}};
        job.options.max_tokens = 90;
        scheduler.add(request_for(job, *caches.back()));
    }
    for (int i = 0; i < 100; ++i) scheduler.step();
    for (const auto& cache : caches) EXPECT_NEAR(static_cast<double>(cache->length()), 40, 3);
}

TEST(Scheduler, EndsWhenTheContextIsFull) {
    Job job{some_prompt(1, 10), {}, 16};
    const auto answer = alone(job, 512);
    EXPECT_EQ(answer->stop, StopReason::context_full);
    EXPECT_EQ(answer->tokens.size(), 7u);  // six were fed back, the seventh was still chosen
}

TEST(Scheduler, ZeroTokensOnlyReadThePrompt) {
    Job job{some_prompt(1, 10), {}};
    job.options.max_tokens = 0;
    const auto answer = alone(job, 4);
    EXPECT_EQ(answer->stop, StopReason::max_tokens);
    EXPECT_TRUE(answer->tokens.empty());
    EXPECT_EQ((*answer)[base::Phase::prompt].tokens, 10);
}

TEST(Scheduler, CancelledRequestsLeaveAndOthersGoOn) {
    FakeModel model;
    Scheduler scheduler(model, nullptr, nullptr);
    const auto cache_a = model.make_cache(100, model::CacheType::f16),
               cache_b = model.make_cache(100, model::CacheType::f16);
    std::atomic<bool> cancel = false;
    Job job{some_prompt(1, 5), {}};
    job.options.max_tokens = 20;
    Request first = request_for(job, *cache_a);
    first.cancelled = &cancel;
    const auto a = scheduler.add(std::move(first));
    const auto b = scheduler.add(request_for(job, *cache_b));
    for (int i = 0; i < 4; ++i) scheduler.step();
    cancel = true;
    scheduler.run();
    EXPECT_EQ(a->stop, StopReason::cancelled);
    EXPECT_EQ(a->tokens.size(), 4u);
    EXPECT_EQ(b->tokens, alone(job, 512)->tokens);
}

TEST(Scheduler, RefusesWhatCannotWork) {
    FakeModel model;
    Scheduler scheduler(model, nullptr, nullptr);
    const auto cache = model.make_cache(8, model::CacheType::f16);
    const auto message = [&](std::vector<TokenId> prompt) {
        try {
            scheduler.add({std::move(prompt), {}, cache.get(), {}, nullptr});
        } catch (const base::Error& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    EXPECT_THAT(message(some_prompt(1, 9)), HasSubstr("9 tokens, but the context holds 8"));
    EXPECT_THAT(message({3, 50}), HasSubstr("token 50"));
    EXPECT_THAT(message({-1}), HasSubstr("token -1"));
    EXPECT_THAT(message({}), HasSubstr("empty"));
    EXPECT_EQ(scheduler.running(), 0u);
}

TEST(Scheduler, TheMeterSeesEveryTokenOnce) {
    FakeModel model;
    energy::Meter meter;
    Scheduler scheduler(model, nullptr, &meter, 4);
    const auto cache_a = model.make_cache(100, model::CacheType::f16),
               cache_b = model.make_cache(100, model::CacheType::f16);
    Job job{some_prompt(1, 10), {}};
    job.options.max_tokens = 6;
    const auto a = scheduler.add(request_for(job, *cache_a));
    const auto b = scheduler.add(request_for(job, *cache_b));
    scheduler.run();
    for (const auto& answer : {a, b}) {
        ASSERT_TRUE(answer->energy.has_value());
        EXPECT_EQ((*answer->energy)[base::Phase::prompt].tokens, base::Tokens(10));
        EXPECT_EQ((*answer->energy)[base::Phase::answer].tokens, base::Tokens(5));  // the sixth was not fed back
        EXPECT_GE(answer->energy->total.value, base::Joules(0));
    }
}

}  // namespace
}  // namespace ergon::engine
