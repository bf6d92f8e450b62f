#include "engine/thread_choice.h"

#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "base/expect_error.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "engine/kept_threads.h"
#include "engine/loaded_model.h"

namespace ergon::engine {
namespace {

using base::Joules;
using base::Seconds;

ThreadTrial trial(int threads, double seconds, double joules, std::optional<double> counted = {}) {
    return {threads, {Seconds(seconds), Joules(joules), counted ? std::optional(Joules(*counted)) : std::nullopt}};
}

int choice(const std::vector<ThreadTrial>& trials) {
    return cheapest_quick_count(trials);
}

TEST(ThreadChoice, TheFewestJoulesWithinFivePercentOfTheBestSpeed) {
    // Two threads are 4% quicker and take twice the joules: one is chosen. Where they are 10% quicker, two are.
    EXPECT_EQ(choice({trial(2, 0.96, 2), trial(1, 1, 1)}), 1);
    EXPECT_EQ(choice({trial(2, 0.90, 2), trial(1, 1, 1)}), 2);
    // Of many that are about as quick the cheapest counts, not the smallest, and the smaller of equals.
    EXPECT_EQ(choice({trial(8, 1.0, 5), trial(4, 1.02, 3), trial(2, 1.04, 4), trial(1, 2, 1)}), 4);
    EXPECT_EQ(choice({trial(4, 1, 3), trial(2, 1, 3)}), 2);
    EXPECT_EQ(choice({trial(1, 1, 1)}), 1);
}

TEST(ThreadChoice, CountedJoulesDecideWhereAllTrialsHaveThem) {
    EXPECT_EQ(choice({trial(2, 1, 2, 1.0), trial(1, 1, 1, 1.5)}), 2);
    EXPECT_EQ(choice({trial(2, 1, 2, 1.0), trial(1, 1, 1)}), 1);
}

/// A machine whose passes take `seconds` of so many threads, and at times much longer, as another program would have
/// it.
struct NoisyMachine {
    std::map<int, double> seconds;
    double disturbed = 0.3;  // share of the passes
    base::RandomSequence random{1};
    std::map<int, int> passes{};
    double spent = 0;

    ThreadPass operator()(int threads) {
        ++passes[threads];
        const double slower = random.uniform() < disturbed ? 1 + 3 * random.uniform() : 1 + 0.01 * random.uniform();
        const double elapsed = seconds.at(threads) * slower;
        spent += elapsed;
        return {Seconds(elapsed), Joules(elapsed * (1 + 2 * threads)), std::nullopt};
    }
};

// The same choice whenever it is made: passes take turns and the least of each counts.
TEST(ThreadChoice, IsRepeatableOnANoisyMachine) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        NoisyMachine small{{{1, 0.001}, {2, 0.0011}}, 0.3, base::RandomSequence(seed)};
        EXPECT_EQ(cheapest_quick_count(time_passes(2, std::ref(small))), 1) << seed;
        NoisyMachine large{{{1, 0.001}, {2, 0.0006}}, 0.3, base::RandomSequence(seed)};
        EXPECT_EQ(cheapest_quick_count(time_passes(2, std::ref(large))), 2) << seed;
        EXPECT_LT(large.spent, 0.1) << "small models are timed in no time";
        EXPECT_EQ(large.passes[1], large.passes[2]);
    }
}

TEST(ThreadChoice, EveryCountIsTriedThatMayBeBest) {
    // A machine of 48 threads whose memory is full with 8.
    std::map<int, double> seconds;
    for (const int threads : {1, 2, 4, 8, 16, 32, 48}) seconds[threads] = 0.001 * std::max(8.0 / threads, 1.0);
    NoisyMachine machine{seconds, 0, base::RandomSequence(1)};
    EXPECT_EQ(cheapest_quick_count(time_passes(48, std::ref(machine))), 8);
    EXPECT_EQ(machine.passes[2], 0) << "four are twice as slow as eight, so two are slower still";
}

TEST(ThreadChoice, LargeModelsAreTimedInBoundedTime) {
    // A token of a large model takes three seconds with one thread, and a tenth with 64.
    std::map<int, double> seconds;
    for (const int threads : {1, 2, 4, 8, 16, 32, 64}) seconds[threads] = 3.0 * std::max(1.0 / threads, 1.0 / 30);
    NoisyMachine machine{seconds, 0, base::RandomSequence(1)};
    EXPECT_EQ(cheapest_quick_count(time_passes(64, std::ref(machine))), 32);
    EXPECT_LT(machine.spent, 3);
    // One that takes two seconds with all threads there are: once each, as far as need be.
    NoisyMachine huge{{{1, 4}, {2, 2}}, 0, base::RandomSequence(1)};
    EXPECT_EQ(cheapest_quick_count(time_passes(2, std::ref(huge))), 2);
    EXPECT_LE(huge.spent, 2.05 + 4.1);
}

class ThreadsOfAModel : public ::testing::Test {
  protected:
    static energy::MeterOptions options() {
        energy::MeterOptions options;
        options.nvml_library = "";
        return options;
    }
    /// Greedy tokens after a prompt of ten.
    static std::vector<float> logits_of(model::LanguageModel& model) {
        const auto cache = model.make_cache(16, model::CacheType::f16);
        const std::vector<model::TokenId> ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        std::vector<float> all, logits;
        energy::WorkAccount account;
        const model::StepItem prompt{cache.get(), ids, model::Role::prompt, 1};
        model.forward({&prompt, 1}, all, account);
        for (int i = 0; i < 4; ++i) {
            const model::StepItem one{cache.get(), std::span(ids).subspan(static_cast<std::size_t>(i), 1),
                                      model::Role::generated, 1};
            model.forward({&one, 1}, logits, account);
            all.insert(all.end(), logits.begin(), logits.end());
        }
        return all;
    }
    base::ThreadPool pool_{3};
};

// contract 1 of docs/architecture.md: whatever is chosen, and while it is chosen, the bits stay.
TEST_F(ThreadsOfAModel, AnyChoiceGivesTheSameBits) {
    for (const char* name : {"qwen2", "deepseek-v2-lite"}) {
        const LoadedModel loaded = load_model(std::filesystem::path(ERGON_FIXTURES) / name, {}, pool_);
        const std::vector<float> expected = logits_of(*loaded.model);
        for (const model::StepThreads threads : {model::StepThreads{1, 1}, {1, 3}, {3, 1}, {2, 3}, {3, 3}}) {
            loaded.model->use_threads(threads);
            EXPECT_EQ(logits_of(*loaded.model), expected) << name << ", " << threads.few << " and " << threads.many;
        }
        const TimedThreads timed = choose_threads(*loaded.model, 3, model::CacheType::f16, options());
        EXPECT_THAT(timed.threads.few, ::testing::AnyOf(1, 2, 3));
        EXPECT_THAT(timed.threads.many, ::testing::AnyOf(1, 2, 3));
        EXPECT_EQ(logits_of(*loaded.model), expected) << name << ", as timed";
    }
}

TEST_F(ThreadsOfAModel, StepsOfFewAndOfManyTokensHaveTheirOwn) {
    const LoadedModel loaded = load_model(std::filesystem::path(ERGON_FIXTURES) / "qwen2", {}, pool_);
    loaded.model->use_threads({1, 2});
    const auto cache = loaded.model->make_cache(32, model::CacheType::f16);
    std::vector<model::TokenId> ids(8, 3);
    std::vector<float> logits;
    energy::WorkAccount account;
    const model::StepItem many{cache.get(), ids, model::Role::prompt, 1};
    loaded.model->forward({&many, 1}, logits, account);
    EXPECT_EQ(pool_.size(), 2);
    const model::StepItem few{cache.get(), std::span(ids).first(1), model::Role::generated, 1};
    loaded.model->forward({&few, 1}, logits, account);
    EXPECT_EQ(pool_.size(), 1);
    test::expect_error(base::ErrorCode::bad_argument, "a model that was loaded with 3 threads cannot run with 4", [&] {
        loaded.model->use_threads({1, 4});
    });
    test::expect_error(base::ErrorCode::bad_argument, "a model that was loaded with 3 threads cannot run with 0", [&] {
        loaded.model->use_threads({0, 1});
    });
}

TEST(KeptThreads, AreReadAgainAndReplaced) {
    const test::TemporaryDirectory folder;
    const auto file = folder.path() / "new" / "threads.json";
    EXPECT_FALSE(kept_threads(file, "a"));
    EXPECT_TRUE(keep_threads(file, "a", {1, 2}));
    EXPECT_TRUE(keep_threads(file, "b", {4, 8}));
    EXPECT_EQ(kept_threads(file, "a"), (model::StepThreads{1, 2}));
    EXPECT_TRUE(keep_threads(file, "a", {2, 2}));
    EXPECT_EQ(kept_threads(file, "a"), (model::StepThreads{2, 2}));
    EXPECT_EQ(kept_threads(file, "b"), (model::StepThreads{4, 8}));
    for (int i = 0; i < 300; ++i) keep_threads(file, std::to_string(i), {1, 1});
    EXPECT_TRUE(kept_threads(file, "299"));
    EXPECT_FALSE(kept_threads(file, "b")) << "the oldest make room";
}

// What cannot be read or written costs the timing again, and nothing else.
TEST(KeptThreads, AreNoErrorWhateverTheFileHolds) {
    const test::TemporaryDirectory folder;
    const auto file = folder.path() / "threads.json";
    for (const char* text : {"", "nonsense", "[]", "{\"a\": 3}", "{\"a\": {\"decode\": \"x\", \"prompt\": 1}}",
                             "{\"a\": {\"decode\": 0, \"prompt\": -4}}", "{\"a\": {}}"}) {
        std::ofstream(file) << text;
        EXPECT_FALSE(kept_threads(file, "a")) << text;
        EXPECT_TRUE(keep_threads(file, "a", {1, 2})) << text;
        EXPECT_EQ(kept_threads(file, "a"), (model::StepThreads{1, 2})) << text;
    }
    EXPECT_FALSE(keep_threads("/proc/no/such/folder/threads.json", "a", {1, 2}));
    EXPECT_FALSE(kept_threads("/proc/no/such/folder/threads.json", "a"));
    EXPECT_FALSE(kept_threads(folder.path(), "a")) << "a folder";
}

}  // namespace
}  // namespace ergon::engine
