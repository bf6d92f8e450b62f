#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "engine/scripted.h"

namespace ergon::engine {
namespace {

using base::Phase;
using testing::scripted;

/// The pieces of an answer, joined by phase, beside the answer itself.
struct Received {
    std::string thinking, text;
    Answer answer;
};

Received ask(const LoadedModel& model, const std::string& question, const GenerationOptions& options = {},
             bool thinking = true) {
    Received received;
    Session session(model, {}, nullptr);
    const std::vector<Message> messages{{"user", question}};
    received.answer = session.answer(chat_prompt(model.chat, messages, thinking), options, [&](const TextChunk& piece) {
        EXPECT_FALSE(piece.text.empty());
        (piece.phase == Phase::thinking ? received.thinking : received.text) += piece.text;
    });
    return received;
}

TEST(Generation, ThoughtAndAnswerComeApart) {
    const Received received = ask(scripted("scripted-thinker"), "What is the capital of France?");
    EXPECT_EQ(received.answer.thinking,
              "The question is about France. Its seat of government is Paris, and so is its capital.");
    EXPECT_EQ(received.answer.text, "The capital of France is **Paris**.");
    EXPECT_EQ(received.thinking, received.answer.thinking + "\n");
    EXPECT_EQ(received.text, received.answer.text);
    EXPECT_EQ(received.answer.stop, StopReason::end_token);
    EXPECT_TRUE(received.answer.end.has_value());
    EXPECT_EQ(received.answer[Phase::thinking].tokens + received.answer[Phase::answer].tokens,
              static_cast<std::int64_t>(received.answer.tokens.size()));
    EXPECT_GT(received.answer[Phase::thinking].tokens, received.answer[Phase::answer].tokens);
}

TEST(Generation, AModelWithoutMarkersOnlyAnswers) {
    const Received received = ask(scripted("scripted-plain"), "What is the capital of France?");
    EXPECT_EQ(received.answer.thinking, "");
    EXPECT_EQ(received.answer.text, "Paris.");
    EXPECT_EQ(received.answer[Phase::thinking].tokens, 0);
}

TEST(Generation, CharactersOfSeveralTokensArriveWhole) {
    const Received received = ask(scripted("scripted-thinker"), "Something else");
    EXPECT_EQ(received.text, "I am a script 🤖. Of this I know nothing.");
}

TEST(Generation, OnlyAllowedTokensAreChosen) {
    const LoadedModel& model = scripted("scripted-plain");
    const TokenId b = model.chat.tokenizer().encode("B").at(0), c = model.chat.tokenizer().encode("C").at(0);
    GenerationOptions options;
    options.max_tokens = 3;
    options.allowed = {c};
    EXPECT_EQ(ask(model, "What is the capital of France?", options).answer.text, "CCC");
    options.allowed = {b, c};
    options.sampling.temperature = 1;
    options.max_tokens = 1;
    const std::string letter = ask(model, "What is the capital of France?", options).answer.text;
    EXPECT_TRUE(letter == "B" || letter == "C") << letter;
    for (const TokenId wrong : {TokenId(-1), static_cast<TokenId>(model.chat.tokenizer().size())}) {
        options.allowed = {wrong};
        test::expect_error(base::ErrorCode::bad_argument, "is not in the vocabulary",
                           [&] { ask(model, "Hm?", options); });
    }
}

TEST(Generation, AnUnfinishedThoughtIsThought) {
    GenerationOptions options;
    options.max_tokens = 6;
    const Received received = ask(scripted("scripted-thinker"), "What is the capital of France?", options);
    EXPECT_EQ(received.answer.stop, StopReason::max_tokens);
    EXPECT_EQ(received.answer[Phase::thinking].tokens, 6);
    EXPECT_EQ(received.answer[Phase::answer].tokens, 0);
    EXPECT_EQ(received.answer.text, "");
    EXPECT_TRUE(received.answer.thinking.starts_with("The question"));
}

TEST(Generation, ABudgetClosesTheThoughtAndTheAnswerFollows) {
    for (const std::int64_t budget : {0, 1, 5}) {
        GenerationOptions options;
        options.max_thinking = budget;
        const Received received = ask(scripted("scripted-thinker"), "What is the capital of France?", options);
        EXPECT_EQ(received.answer[Phase::thinking].tokens, budget + 2) << "the thought and its two markers";
        EXPECT_EQ(received.answer.text, "The capital of France is **Paris**.");
        EXPECT_EQ(received.answer.stop, StopReason::end_token);
    }
    // A thought that never closes by itself ends as well.
    GenerationOptions options;
    options.max_thinking = 10;
    const Received received = ask(scripted("scripted-thinker"), "Think and never stop", options);
    EXPECT_EQ(received.answer[Phase::thinking].tokens, 12);
    EXPECT_EQ(received.answer.stop, StopReason::end_token);
}

TEST(Generation, WithoutThinkingTheThoughtIsClosedInThePrompt) {
    const Received received = ask(scripted("scripted-thinker"), "What is the capital of France?", {}, false);
    EXPECT_EQ(received.answer.thinking, "");
    EXPECT_EQ(received.answer.text, "The capital of France is **Paris**.");
    EXPECT_EQ(received.answer[Phase::thinking].tokens, 0);
}

TEST(Generation, StopStringsEndTheAnswerAcrossTokensButNotTheThought) {
    GenerationOptions options;
    options.stop = {"s **Par"};
    const Received received = ask(scripted("scripted-thinker"), "What is the capital of France?", options);
    EXPECT_EQ(received.answer.text, "The capital of France i");
    EXPECT_EQ(received.text, received.answer.text);
    EXPECT_EQ(received.answer.stop, StopReason::stop_string);

    options.stop = {"seat"};  // stands in the thought only
    EXPECT_EQ(ask(scripted("scripted-thinker"), "What is the capital of France?", options).answer.stop,
              StopReason::end_token);
}

TEST(Generation, SampledAnswersFollowTheScript) {
    GenerationOptions options;
    options.sampling = {.temperature = 1.0, .top_p = 0.95, .repeat_penalty = 1.1, .seed = 5};
    EXPECT_EQ(ask(scripted("scripted-thinker"), "What is 2+2?", options).answer.text, "4");
}

TEST(Generation, AnEmptyPromptIsRefused) {
    const LoadedModel& model = scripted("scripted-plain");
    test::expect_error(base::ErrorCode::bad_argument, "The prompt is empty",
                       [&] { Generation(model.chat.find_tokenizer(), {}, {}, {}); });
}

}  // namespace
}  // namespace ergon::engine
