#include "engine/serving/serving_engine.h"

#include <chrono>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"

namespace ergon::engine {
namespace {

using ::testing::HasSubstr;

/// Remembers what it hears.
class Ear final : public AnswerListener {
  public:
    void on_prompt(std::int64_t read, std::int64_t reused) override {
        read_ = read;
        reused_ = reused;
        if (begun_.exchange(true)) return;
        place_ = ++places;
        begun_promise_.set_value();
    }
    void on_chunk(const TextChunk&) override {}
    void on_end(const Answer& answer) override { promise_.set_value(answer); }
    void on_error(const base::Error& error) override {
        promise_.set_exception(std::make_exception_ptr(base::Error(error)));
    }
    Answer answer() { return promise_.get_future().get(); }
    void wait_for_prompt() { begun_promise_.get_future().wait(); }
    std::int64_t reused() const { return reused_; }
    /// How many had begun before it, of all that ever began, plus one; 0: it has not.
    int place() const { return place_; }

  private:
    std::promise<Answer> promise_;
    std::promise<void> begun_promise_;
    static inline std::atomic<int> places{0};
    std::atomic<int> place_{0};
    std::atomic<bool> begun_{false};
    std::atomic<std::int64_t> read_{0}, reused_{0};
};

struct Question {
    std::vector<TokenId> prompt;
    GenerationOptions options;
};

class ServingEngineTest : public ::testing::TestWithParam<const char*> {
  protected:
    LoadedModel load() { return load_model(std::string(ERGON_FIXTURES "/") + GetParam(), {}, pool_); }
    std::unique_ptr<ServingEngine> serve(std::int64_t count, std::size_t waiting = 64) {
        const bool latent = model_.config->is_mla();
        const ServingOptions options{{.count = count, .context = {.tokens = 96}, .reuse_generated = !latent}, waiting};
        return std::make_unique<ServingEngine>(model_, options, meter_);
    }
    static std::shared_ptr<Ear> submit(ServingEngine& engine, const Question& one, const std::string& client = "",
                                       std::shared_ptr<ServingTicket>* ticket = nullptr) {
        auto ear = std::make_shared<Ear>();
        auto given = engine.submit({one.prompt, one.options, client, ear});
        EXPECT_NE(given, nullptr);
        if (ticket != nullptr) *ticket = given;
        return ear;
    }
    Question question(std::uint64_t stream, std::int64_t prompt, std::int64_t tokens, double temperature = 0) const {
        base::RandomSequence random(5, stream);
        Question made;
        made.prompt = {1, 2, 3, 4};  // all begin alike
        while (std::ssize(made.prompt) < prompt) {
            made.prompt.push_back(
                static_cast<TokenId>(random.below(static_cast<std::uint64_t>(model_.model->vocabulary()))));
        }
        made.options.max_tokens = tokens;
        made.options.sampling.temperature = temperature;
        made.options.sampling.seed = stream;
        return made;
    }

    base::ThreadPool pool_{2};
    LoadedModel model_ = load();
    energy::Meter meter_;
};

// contract 1 of docs/architecture.md: alone, in a crowd, and with what the caches held.
TEST_P(ServingEngineTest, AnswersDependNeitherOnTheCrowdNorOnTheCaches) {
    std::vector<Question> jobs;
    for (std::uint64_t i = 0; i < 12; ++i) {
        jobs.push_back(question(i, static_cast<std::int64_t>(5 + 5 * (i % 6)), static_cast<std::int64_t>(4 + i),
                                i % 2 == 0 ? 0 : 0.9));
    }
    std::vector<std::vector<TokenId>> alone;
    for (const Question& one : jobs) alone.push_back(submit(*serve(1), one)->answer().tokens);

    const auto engine = serve(3);
    std::int64_t reused = 0;
    for (int round = 0; round < 3; ++round) {
        std::vector<std::shared_ptr<Ear>> ears;
        for (const Question& one : jobs) ears.push_back(submit(*engine, one, std::to_string(ears.size() % 2)));
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const Answer answer = ears[i]->answer();
            EXPECT_EQ(answer.tokens, alone[i]) << "job " << i << ", round " << round;
            EXPECT_EQ(answer.reused + answer[base::Phase::prompt].tokens, std::ssize(jobs[i].prompt));
            EXPECT_TRUE(answer.energy.has_value());
            reused += answer.reused;
        }
    }
    EXPECT_GT(reused, 0);
    const ServingState state = engine->state();
    EXPECT_EQ(state.answers, 36u);
    EXPECT_EQ(state.cached_tokens, reused);
}

TEST_P(ServingEngineTest, ASecondTurnReadsOnlyWhatIsNew) {
    const auto engine = serve(2);
    const Question first = question(1, 20, 6);
    const Answer answer = submit(*engine, first)->answer();
    Question second = first;
    second.prompt.insert(second.prompt.end(), answer.tokens.begin(), answer.tokens.end());
    second.prompt.insert(second.prompt.end(), {7, 8, 9});
    const Answer next = submit(*engine, second)->answer();
    EXPECT_GE(next.reused, 20) << "its first turn's prompt at least";
    EXPECT_EQ(next.tokens, submit(*serve(1), second)->answer().tokens);
}

INSTANTIATE_TEST_SUITE_P(Models, ServingEngineTest, ::testing::Values("llama-gqa", "deepseek-v3"),
                         [](const auto& info) {
                             return std::string(info.param).find("llama") == 0 ? "llama" : "deepseek";
                         });

class OneContext : public ServingEngineTest {};
INSTANTIATE_TEST_SUITE_P(Models, OneContext, ::testing::Values("llama-gqa"));

TEST_P(OneContext, ACancelledAnswerEndsAndTheNextIsAsEver) {
    const auto engine = serve(1);
    const Answer before = submit(*engine, question(3, 10, 8))->answer();
    for (int i = 0; i < 20; ++i) {
        std::shared_ptr<ServingTicket> ticket;
        const auto ear = submit(*engine, question(4, 30, 60), "", &ticket);
        if (i % 2 == 0) ear->wait_for_prompt();
        ticket->cancel();
        const Answer cut = ear->answer();
        EXPECT_TRUE(cut.stop == StopReason::cancelled || cut.stop == StopReason::max_tokens);
        EXPECT_EQ(submit(*engine, question(3, 10, 8))->answer().tokens, before.tokens);
    }
    EXPECT_GT(engine->state().cancelled, 0u);
}

TEST_P(OneContext, WhatWaitsTooLongIsRefusedAtTheDoor) {
    const auto engine = serve(1, 2);
    std::vector<std::shared_ptr<Ear>> ears;
    const auto first = submit(*engine, question(1, 10, 80));
    first->wait_for_prompt();
    ears.push_back(submit(*engine, question(2, 10, 2)));
    ears.push_back(submit(*engine, question(3, 10, 2)));
    const Question more = question(4, 10, 2);
    EXPECT_EQ(engine->submit({more.prompt, more.options, "", std::make_shared<Ear>()}), nullptr);
    for (const auto& ear : ears) EXPECT_EQ(ear->answer().tokens.size(), 2u);
}

TEST_P(OneContext, WithoutAQueueAFreeContextIsEnough) {
    const auto engine = serve(1, 0);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(submit(*engine, question(1, 10, 3))->answer().tokens.size(), 3u);
}

TEST_P(OneContext, WhoHasFewerAnswersRunningGoesFirst) {
    const auto engine = serve(2);
    const auto a = submit(*engine, question(1, 10, 80), "greedy");
    const auto b = submit(*engine, question(2, 10, 40), "greedy");
    a->wait_for_prompt();
    const auto c = submit(*engine, question(3, 10, 80), "greedy");
    const auto d = submit(*engine, question(4, 10, 2), "modest");
    d->answer();
    EXPECT_EQ(b->answer().tokens.size(), 40u);
    EXPECT_EQ(c->answer().tokens.size(), 80u);
    EXPECT_GT(d->place(), 0);
    EXPECT_LT(d->place(), c->place()) << "although it came later";
}

TEST_P(OneContext, NonsenseIsRefusedAndNothingIsStuck) {
    const auto engine = serve(1);
    const auto refuse = [&](base::ErrorCode code, const char* sentence, const Question& one) {
        test::expect_error(code, sentence, [&] {
            engine->submit({one.prompt, one.options, "", std::make_shared<Ear>()});
        });
    };
    refuse(base::ErrorCode::bad_argument, "The prompt is empty", {});
    refuse(base::ErrorCode::out_of_budget, "The prompt has 97 tokens, but the context holds 96", question(1, 97, 1));
    refuse(base::ErrorCode::bad_argument, "The prompt holds token 1000000", {{1, 1'000'000}, {}});
    Question hot = question(1, 4, 1);
    hot.options.sampling.temperature = -1;
    refuse(base::ErrorCode::bad_argument, "temperature", hot);
    Question endless = question(1, 5, 1);
    endless.options.stop = {""};
    const auto ear = submit(*engine, endless);
    EXPECT_THROW(ear->answer(), base::Error);
    EXPECT_EQ(submit(*engine, question(1, 5, 3))->answer().tokens.size(), 3u);
    EXPECT_TRUE(engine->alive(base::Seconds(1)));
}

TEST_P(OneContext, LeavingEndsWhatRunsAndWhatWaits) {
    std::vector<std::shared_ptr<Ear>> ears;
    {
        const auto engine = serve(1);
        for (int i = 0; i < 3; ++i) ears.push_back(submit(*engine, question(1, 10, 80)));
    }
    for (const auto& ear : ears) {
        const Answer answer = ear->answer();
        EXPECT_TRUE(answer.stop == StopReason::cancelled || answer.tokens.size() == 80u);
    }
}

}  // namespace
}  // namespace ergon::engine
