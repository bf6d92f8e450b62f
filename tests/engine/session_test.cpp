#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "engine/fake_model.h"
#include "engine/scripted.h"

namespace ergon::engine {
namespace {

using base::Phase;
using testing::FakeModel;
using testing::scripted;

LoadedModel fake() {
    LoadedModel loaded;
    loaded.name = "fake";
    loaded.model = std::make_unique<FakeModel>();
    return loaded;
}

GenerationOptions at_most(std::int64_t tokens) {
    GenerationOptions options;
    options.max_tokens = tokens;
    return options;
}

TEST(Session, ReadsOnlyWhatTheCacheDoesNotHold) {
    const LoadedModel model = fake();
    Session session(model, {.tokens = 100}, nullptr);
    const Answer first = session.answer({1, 2, 3}, at_most(4));
    EXPECT_EQ(first.reused, 0);
    EXPECT_EQ(first[Phase::prompt].tokens, 3);

    // The conversation goes on: prompt, answer, more. The last generated token was never fed to the model.
    std::vector<TokenId> longer{1, 2, 3};
    longer.insert(longer.end(), first.tokens.begin(), first.tokens.end());
    longer.insert(longer.end(), {7, 8});
    const Answer second = session.answer(longer, at_most(2));
    EXPECT_EQ(second.reused, 3 + 3);
    EXPECT_EQ(second[Phase::prompt].tokens, 1 + 2);

    // Another beginning: only the common part is kept.
    const Answer third = session.answer({1, 2, 9}, at_most(2));
    EXPECT_EQ(third.reused, 2);
    EXPECT_EQ(third.tokens, Session(model, {.tokens = 100}, nullptr).answer({1, 2, 9}, at_most(2)).tokens);
}

TEST(Session, TheSamePromptAgainGivesTheSameAnswer) {
    const LoadedModel model = fake();
    Session session(model, {.tokens = 100}, nullptr);
    const Answer first = session.answer({4, 5, 6, 7}, at_most(10));
    const Answer again = session.answer({4, 5, 6, 7}, at_most(10));
    EXPECT_EQ(again.tokens, first.tokens);
    EXPECT_EQ(again.reused, 3) << "the last token is read for its logits";
    session.clear();
    EXPECT_EQ(session.answer({4, 5, 6, 7}, at_most(10)).reused, 0);
}

TEST(Session, APromptThatDoesNotFitLeavesTheSessionUsable) {
    const LoadedModel model = fake();
    Session session(model, {.tokens = 8}, nullptr);
    const Answer first = session.answer({1, 2, 3}, at_most(3));
    const auto refused = [&] {
        test::expect_error(base::ErrorCode::out_of_budget, "The prompt has 9 tokens, but the context holds 8", [&] {
            session.answer({1, 2, 3, 4, 5, 6, 7, 8, 9}, at_most(3));
        });
    };
    refused();
    EXPECT_EQ(session.answer({1, 2, 3}, at_most(3)).tokens, first.tokens);
    // What was refused is not taken for read.
    refused();
    const Answer next = session.answer({1, 2, 3, 4, 5, 6}, at_most(2));
    EXPECT_EQ(next.reused, 3);
    EXPECT_EQ(next.tokens, Session(model, {.tokens = 8}, nullptr).answer({1, 2, 3, 4, 5, 6}, at_most(2)).tokens);
}

TEST(Session, MemoryIsKnownBeforeItIsTaken) {
    const LoadedModel model = fake();
    EXPECT_EQ(context_bytes(model, {.tokens = 100}), base::Bytes(200));
    EXPECT_EQ(context_bytes(model, {.tokens = 100, .cache = model::CacheType::f32}), base::Bytes(400));
    EXPECT_EQ(Session(model, {}, nullptr).context(), 1000) << "what the model was made for";
    try {
        Session session(model, {.tokens = 1001}, nullptr);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("1001 tokens was requested, but fake supports at most 1000"));
    }
}

TEST(Session, MoreMemoryThanThereIsGivesASentence) {
    LoadedModel model = fake();
    constexpr std::int64_t huge = std::int64_t{1} << 50;
    model.model = std::make_unique<FakeModel>(50, huge);
    try {
        Session session(model, {.tokens = huge}, nullptr);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::ErrorCode::out_of_budget);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("use a smaller --context"));
    }
}

TEST(Session, AConversationGoesOnWithoutEarlierThoughts) {
    const LoadedModel& model = scripted("scripted-thinker");
    Session session(model, {}, nullptr);
    std::vector<Message> messages{{"user", "What is the capital of France?"}};
    const Answer first = session.answer(chat_prompt(model.chat, messages), {});
    messages.push_back({"assistant", first.text});
    messages.push_back({"user", "And what is 2+2?"});
    const Answer second = session.answer(chat_prompt(model.chat, messages), {});
    EXPECT_EQ(second.text, "4");
    EXPECT_EQ(second.thinking, "Two and two make four.");
    EXPECT_GT(second.reused, 5) << "the first question is not read again";
}

TEST(Session, JoulesOfAllPhases) {
    const LoadedModel& model = scripted("scripted-thinker");
    energy::Meter meter;
    Session session(model, {}, &meter);
    const std::vector<Message> messages{{"user", "What is the capital of France?"}};
    const Answer answer = session.answer(chat_prompt(model.chat, messages), {});
    ASSERT_TRUE(answer.energy.has_value());
    const energy::RequestFigures& cost = *answer.energy;
    EXPECT_EQ(cost[base::Phase::prompt].tokens, base::Tokens(answer[Phase::prompt].tokens));
    EXPECT_GT(cost[base::Phase::thinking].tokens, base::Tokens(5));
    EXPECT_GT(cost[base::Phase::answer].tokens, base::Tokens(3));
    EXPECT_GT(cost.total.value, base::Joules(0));
    EXPECT_GT(cost[base::Phase::thinking].total.value, base::Joules(0));
}

}  // namespace
}  // namespace ergon::engine
