// Models that write other markers around their thoughts than <think>: scripted ones, made here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings/thought_markers.h"
#include "base/temporary_directory.h"
#include "engine/chat_prompt.h"
#include "engine/session.h"
#include "formats/gguf_writer.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::engine {
namespace {

using base::Phase;

/// The tokens of its own that a marker is made of: "<|channel|>analysis<|message|>" of two.
std::vector<std::string> tokens_in(std::string_view marker) {
    std::vector<std::string> tokens;
    if (marker.find('<') == std::string_view::npos) return {std::string(marker)};
    for (std::size_t at = 0; (at = marker.find('<', at)) != std::string_view::npos;) {
        const std::size_t end = marker.find('>', at) + 1;
        tokens.emplace_back(marker.substr(at, end - at));
        at = end;
    }
    return tokens;
}

/// A model with a token for each byte and for each part of the family's markers, which thinks "hmm" and answers "yes".
LoadedModel speaker(const base::ThoughtMarkers& family, base::ThreadPool& pool) {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) {
        tokens.push_back(text::to_byte_alphabet(std::string(1, static_cast<char>(byte))));
    }
    std::vector<std::int64_t> kinds(tokens.size(), 1);
    tokens.emplace_back("</s>");
    for (const std::string_view marker : {family.open, family.close, family.answer, family.turn}) {
        for (const std::string& token : marker.empty() ? std::vector<std::string>() : tokens_in(marker)) {
            if (std::ranges::find(tokens, token) == tokens.end()) tokens.push_back(token);
        }
    }
    if (!family.turn.empty()) tokens.emplace_back("<|return|>");
    kinds.resize(tokens.size(), 3);
    const std::string source = "Q{{ messages[0].content }}A" + std::string(family.turn);
    const test::TemporaryDirectory folder;
    const std::vector<formats::GgufField> fields{{.key = "general.architecture", .value = std::string("llama")},
                                                 {.key = "tokenizer.ggml.model", .value = std::string("gpt2")},
                                                 {.key = "tokenizer.ggml.tokens", .value = tokens},
                                                 {.key = "tokenizer.ggml.token_type", .value = kinds},
                                                 {.key = "tokenizer.ggml.merges", .value = std::vector<std::string>{}},
                                                 {.key = "tokenizer.ggml.eos_token_id", .value = std::uint64_t{256}},
                                                 {.key = "tokenizer.chat_template", .value = source}};
    formats::GgufWriter writer(folder / "words.gguf", fields, {});
    writer.finish();
    const std::string reply = std::string(family.open) + "hmm" + std::string(family.close) + std::string(family.turn) +
                              std::string(family.answer) + "yes";
    const base::Json config{{"architectures", {"ErgonScripted"}},
                            {"vocabulary", "words.gguf"},
                            {"replies", {{{"asked", ""}, {"reply", reply}}}}};
    folder.write("config.json", config.dump());
    return load_model(folder.path(), {}, pool);
}

TEST(ThoughtFamilies, ComeApartInEveryAnswer) {
    base::ThreadPool pool(1);
    for (const base::ThoughtMarkers& family : base::thought_families()) {
        SCOPED_TRACE(family.models);
        const LoadedModel model = speaker(family, pool);
        ASSERT_TRUE(model.chat.thinks());
        const std::vector<Message> messages{{"user", "?"}};
        for (const std::int64_t budget : {0, 1, 2, 3, 100}) {
            Session session(model, {}, nullptr);
            GenerationOptions options;
            options.max_thinking = budget;
            std::string thinking, said;
            const Answer answer = session.answer(
                chat_prompt(model.chat, messages), options,
                [&](const TextChunk& piece) { (piece.phase == Phase::thinking ? thinking : said) += piece.text; });
            EXPECT_EQ(answer.thinking, std::string("hmm").substr(0, static_cast<std::size_t>(budget))) << budget;
            EXPECT_EQ(answer.text, "yes") << budget;
            EXPECT_EQ(thinking, answer.thinking);
            EXPECT_EQ(said, answer.text);
            EXPECT_EQ(answer[Phase::answer].tokens, 3);
            EXPECT_EQ(answer[Phase::thinking].tokens + 3, static_cast<std::int64_t>(answer.tokens.size()));
            EXPECT_EQ(answer.stop, StopReason::end_token);
        }
    }
}

TEST(ThoughtFamilies, WithoutThinkingThePromptBeginsTheAnswer) {
    base::ThreadPool pool(1);
    for (const base::ThoughtMarkers& family : base::thought_families()) {
        SCOPED_TRACE(family.models);
        const LoadedModel model = speaker(family, pool);
        const std::vector<Message> messages{{"user", "?"}};
        const std::vector<TokenId> ids = chat_prompt(model.chat, messages, false);
        const std::string open(family.open), close(family.close), answer(family.answer);
        const std::string expected = !family.turn.empty() ? "Q?A" + std::string(family.turn) + answer
                                     : answer.empty()     ? "Q?A" + open + "\n\n" + close + "\n\n"
                                                          : "Q?A" + open + "\n" + close + answer;
        EXPECT_EQ(model.chat.tokenizer().decode(ids, true), expected);
        // Said by the template itself, it is not said again.
        EXPECT_EQ(text::ReasoningSplitter(model.chat.tokenizer(), ids).phase(), Phase::answer);
    }
}

}  // namespace
}  // namespace ergon::engine
