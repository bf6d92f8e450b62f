#include "lab/compare.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"

namespace ergon::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AlternatingTurns, TurnRoundFromPromptToPrompt) {
    EXPECT_THAT(alternating_turns(2, 3),
                ElementsAre(Turn{0, 0}, Turn{1, 0}, Turn{1, 1}, Turn{0, 1}, Turn{0, 2}, Turn{1, 2}));
    EXPECT_THAT(alternating_turns(3, 2),
                ElementsAre(Turn{0, 0}, Turn{1, 0}, Turn{2, 0}, Turn{2, 1}, Turn{1, 1}, Turn{0, 1}));
    EXPECT_TRUE(alternating_turns(2, 0).empty());
}

class CompareLoop : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::vector<Entrant> entrants(std::int64_t max_tokens = 60) {
        std::vector<Entrant> all;
        for (const char* name : {"scripted-thinker", "scripted-plain"}) {
            Entrant entrant;
            entrant.model = engine::load_model(std::filesystem::path(ERGON_FIXTURES) / name, {}, pool_);
            entrant.options.max_tokens = max_tokens;
            entrant.options.sampling = entrant.model.defaults.sampling;
            entrant.hash = name;
            all.push_back(std::move(entrant));
        }
        return all;
    }
    std::vector<Answer> answers(Results& results, RunId run) {
        std::vector<Answer> all;
        results.for_each(run, [&all](const Answer& answer) { all.push_back(answer); });
        return all;
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("ergon-compare-" + std::to_string(::getpid()));
    base::ThreadPool pool_{1};
    energy::Meter meter_;
    std::vector<tasks::Prompt> prompts_{{"france", "facts", "What is the capital of France?", "Paris"},
                                        {"sum", "maths", "What is 2+2?", "4"},
                                        {"other", "", "Hm?", ""}};
};

TEST_F(CompareLoop, EveryAnswerIsKeptWithItsPhases) {
    Results results(folder_ / "results.sqlite");
    auto models = entrants();
    std::vector<std::string> order;
    const RunId run = compare(models, prompts_, {}, results, meter_, [&](const CompareProgress& progress) {
        order.push_back(progress.contender->label + " " + progress.answer->prompt);
        EXPECT_EQ(progress.done, static_cast<std::int64_t>(order.size()));
        EXPECT_EQ(progress.all, 6);
    });
    EXPECT_THAT(order, ElementsAre("scripted-thinker france", "scripted-plain france", "scripted-plain sum",
                                   "scripted-thinker sum", "scripted-thinker other", "scripted-plain other"));
    const auto kept = answers(results, run);
    ASSERT_EQ(kept.size(), 6u);
    for (const Answer& answer : kept) {
        EXPECT_EQ(answer.finish_reason, "stop") << answer.prompt;
        EXPECT_GT(answer[energy::Phase::prompt].tokens, base::Tokens(5)) << "read anew, from an empty cache";
        EXPECT_EQ(answer[energy::Phase::thinking].tokens > base::Tokens(0), answer.contender == 0);
        EXPECT_GT(answer[energy::Phase::answer].tokens, base::Tokens(0));
        EXPECT_GE(answer[energy::Phase::answer].total.high, answer[energy::Phase::answer].total.value);
        if (answer.prompt == "sum") {
            EXPECT_EQ(answer.text, "4");
        }
    }
}

TEST_F(CompareLoop, AKilledComparisonGoesOn) {
    const auto path = folder_ / "results.sqlite";
    struct Killed {};
    RunId first = 0;
    {
        Results results(path);
        auto models = entrants();
        EXPECT_THROW(compare(models, prompts_, {}, results, meter_,
                             [](const CompareProgress& progress) {
                                 if (progress.done == 3) throw Killed();
                             }),
                     Killed);
        first = results.last_run().value();
        EXPECT_EQ(results.present(first).size(), 3u);
    }
    Results results(path);
    auto models = entrants();
    std::vector<std::int64_t> done;
    const RunId run = compare(models, prompts_, {}, results, meter_, [&](const CompareProgress& progress) {
        done.push_back(progress.done);
        EXPECT_EQ(progress.already, 3);
    });
    EXPECT_EQ(run, first);
    EXPECT_THAT(done, ElementsAre(4, 5, 6));
    EXPECT_EQ(results.present(run).size(), 6u);
    // Finished: asked for once more it is a new comparison; with other caps as well.
    EXPECT_NE(compare(models, prompts_, {}, results, meter_, {}), run);
    auto other = entrants(50);
    EXPECT_NE(compare(other, prompts_, {}, results, meter_, {}), run);
}

TEST_F(CompareLoop, CapsAreEqualAndMarked) {
    Results results(folder_ / "results.sqlite");
    auto models = entrants(5);
    const RunId run = compare(models, std::span(prompts_).first(1), {}, results, meter_, {});
    for (const Answer& answer : answers(results, run)) {
        const auto generated = answer[energy::Phase::thinking].tokens + answer[energy::Phase::answer].tokens;
        EXPECT_LE(generated, base::Tokens(5));
        EXPECT_EQ(answer.finish_reason, answer.contender == 0 ? "length" : "stop");
    }
}

TEST_F(CompareLoop, AnAnswerThatCannotFitIsSaidBeforeAnythingRuns) {
    Results results(folder_ / "results.sqlite");
    auto models = entrants(2040);  // the second model's context is 2048
    try {
        compare(models, prompts_, {}, results, meter_, {});
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("Lower --max-tokens"));
        EXPECT_THAT(error.what(), HasSubstr("scripted-plain"));
    }
}

TEST_F(CompareLoop, ModelsOfOneNameAreNumbered) {
    std::vector<Entrant> same;
    for (int i = 0; i < 2; ++i) same.push_back(std::move(entrants()[0]));
    const auto contenders = contenders_of(same);
    EXPECT_EQ(contenders[0].label, "scripted-thinker #1");
    EXPECT_EQ(contenders[1].label, "scripted-thinker #2");
}

TEST_F(CompareLoop, FingerprintsTellFilesApart) {
    const auto write = [&](const std::string& name, const std::string& content) {
        std::ofstream(folder_ / name) << content;
        return file_fingerprint(folder_ / name);
    };
    const std::string large(3'000'000, 'x');
    const std::string first = write("a", large);
    EXPECT_EQ(first, file_fingerprint(folder_ / "a"));
    EXPECT_EQ(first.size(), 16u);
    std::string changed = large;
    changed[0] = 'y';
    EXPECT_NE(first, write("a", changed));
    EXPECT_NE(first, write("a", large + "x"));
    EXPECT_NE(first, write("b", large));
    EXPECT_NE(file_fingerprint(folder_), file_fingerprint(ERGON_FIXTURES "/scripted-plain"));
}

}  // namespace
}  // namespace ergon::lab
