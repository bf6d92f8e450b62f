#include "engine/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "base/error.h"
#include "base/expect_error.h"
#include "engine/fake_model.h"

namespace ergon::engine {
namespace {

using ::testing::ElementsAre;
using testing::FakeModel;

TEST(Benchmark, PrefillReadsThePromptsAndNothingElse) {
    FakeModel model(50, 2000);
    energy::Meter meter;
    const BenchmarkRun run = run_benchmark(model, meter, {.workload = Workload::prefill, .tokens = 700, .batch = 1});
    EXPECT_THAT(model.step_tokens, ElementsAre(512, 188));
    EXPECT_EQ(run.tokens, 700);
    EXPECT_GT(run.tokens_per_second, 0);
    EXPECT_GE(run.energy.value, base::Joules(0));
}

TEST(Benchmark, DecodeTakesOneStepForEachTokenOfAllSequences) {
    FakeModel model;
    energy::Meter meter;
    const BenchmarkRun run =
        run_benchmark(model, meter, {.workload = Workload::decode, .tokens = 5, .batch = 3, .depth = 20});
    EXPECT_THAT(model.step_tokens, ElementsAre(60, 3, 3, 3, 3, 3));
    EXPECT_EQ(run.tokens, 15);
    FakeModel empty;
    run_benchmark(empty, meter, {.workload = Workload::decode, .tokens = 4});
    EXPECT_THAT(empty.step_tokens, ElementsAre(1, 1, 1, 1, 1));
}

TEST(Benchmark, WhatDoesNotFitTheContextIsRefused) {
    FakeModel model(50, 100);
    energy::Meter meter;
    test::expect_error(base::ErrorCode::bad_argument, "101 tokens do not fit into the model's context of 100",
                       [&] { run_benchmark(model, meter, {.workload = Workload::prefill, .tokens = 101}); });
    test::expect_error(base::ErrorCode::bad_argument, "do not fit into the model's context of 100",
                       [&] { run_benchmark(model, meter, {.workload = Workload::decode, .tokens = 50, .depth = 50}); });
}

/// A model whose logits depend on who else is in the step: what the check is for.
class Leaky : public FakeModel {
  public:
    void forward(std::span<const model::StepItem> step, std::vector<float>& logits, energy::WorkAccount& account,
                 model::HiddenStates* hidden) override {
        FakeModel::forward(step, logits, account, hidden);
        if (step.size() > 1) std::ranges::reverse(logits);
    }
};

TEST(Benchmark, AModelThatIsNotTheSameInABatchIsNotTimed) {
    FakeModel good;
    EXPECT_EQ(checked_answers(good, 4, model::CacheType::f16).size(), 4u);
    Leaky bad;
    EXPECT_EQ(checked_answers(bad, 1, model::CacheType::f16).size(), 1u);
    try {
        checked_answers(bad, 4, model::CacheType::f16);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("its speed is not measured"));
    }
}

}  // namespace
}  // namespace ergon::engine
