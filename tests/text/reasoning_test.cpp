#include "text/reasoning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::text {
namespace {

using testing::ElementsAre;

class Reasoning : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        r1_ = std::make_unique<Tokenizer>(
            Tokenizer::from_gguf(formats::Gguf::open(ERGON_FIXTURES "/vocab/r1-distill-qwen.gguf")));
    }
    static void TearDownTestSuite() { r1_.reset(); }

    // What a chat shows of a generation: thought and answer.
    static std::pair<std::string, std::string> split(std::string_view prompt, std::string_view generated) {
        ReasoningSplitter splitter(*r1_, r1_->encode_with_special(prompt));
        std::vector<TokenId> thought, answer;
        const auto take = [&](std::span<const ReasoningSplitter::ClassifiedToken> pieces) {
            for (const auto& piece : pieces) {
                if (!piece.marker) (piece.phase == Phase::thinking ? thought : answer).push_back(piece.id);
            }
        };
        for (const TokenId id : r1_->encode_with_special(generated)) take(splitter.push(id));
        take(splitter.finish());
        return {r1_->decode(thought), r1_->decode(answer)};
    }

    static std::unique_ptr<Tokenizer> r1_;
};
std::unique_ptr<Tokenizer> Reasoning::r1_;

using Parts = std::pair<std::string, std::string>;

TEST_F(Reasoning, ThePromptMayHaveOpenedTheThought) {
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜><think>\n", "hm</think>hello"), Parts("hm", "hello"));
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜>", "<think>hm</think>hello"), Parts("hm", "hello"));
    EXPECT_EQ(split("<｜User｜>hi<｜Assistant｜></think>", "hello"), Parts("", "hello"));
    EXPECT_EQ(split("<think>a</think>b<｜User｜>hi<｜Assistant｜>", "hello"), Parts("", "hello"));
    EXPECT_EQ(split("", "hello"), Parts("", "hello"));
}

TEST_F(Reasoning, UnfinishedThoughtIsThought) {
    EXPECT_EQ(split("<think>\n", "hm, and"), Parts("hm, and", ""));
    EXPECT_EQ(split("", "<think>hm"), Parts("hm", ""));
}

TEST_F(Reasoning, ThoughtsMayComeAgain) {
    EXPECT_EQ(split("", "<think>a</think>b<think>c</think>d"), Parts("ac", "bd"));
    EXPECT_EQ(split("<think>", "<think>a</think>b"), Parts("a", "b"));
    EXPECT_EQ(split("", "a</think>b"), Parts("", "ab"));
}

TEST_F(Reasoning, EachTokenHasItsPhase) {
    using ClassifiedToken = ReasoningSplitter::ClassifiedToken;
    ReasoningSplitter splitter(*r1_, {});
    EXPECT_TRUE(splitter.can_think());
    const TokenId open = *r1_->find("<think>"), close = *r1_->find("</think>");
    EXPECT_THAT(splitter.closing(), ElementsAre(close));
    EXPECT_EQ(splitter.phase(), Phase::answer);
    EXPECT_THAT(splitter.push(open), ElementsAre(ClassifiedToken{open, Phase::thinking, true}));
    EXPECT_THAT(splitter.push(0), ElementsAre(ClassifiedToken{0, Phase::thinking, false}));
    EXPECT_THAT(splitter.push(close), ElementsAre(ClassifiedToken{close, Phase::thinking, true}));
    EXPECT_EQ(splitter.phase(), Phase::answer);
    EXPECT_THAT(splitter.push(0), ElementsAre(ClassifiedToken{0, Phase::answer, false}));
}

TEST_F(Reasoning, AModelWithoutTheTagsOnlyAnswers) {
    const auto smollm = Tokenizer::from_gguf(formats::Gguf::open(ERGON_FIXTURES "/vocab/smollm2.gguf"));
    ReasoningSplitter splitter(smollm, smollm.encode("<think>"));
    EXPECT_FALSE(splitter.can_think());
    for (const TokenId id : smollm.encode_with_special("<think>hm</think>")) {
        EXPECT_THAT(splitter.push(id), ElementsAre(ReasoningSplitter::ClassifiedToken{id, Phase::answer, false}));
    }
}

// --- other families --------------------------------------------------------------------------------------------------

/// Letters, and these markers as control tokens.
Tokenizer speaker(const std::vector<std::string>& markers, const std::string& chat_template = "",
                  const std::vector<std::string>& words = {}) {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.push_back(to_byte_alphabet(std::string(1, static_cast<char>(byte))));
    for (const std::string& word : words) tokens.push_back(to_byte_alphabet(word));
    std::vector<std::int64_t> kinds(tokens.size(), 1);
    for (const std::string& marker : markers) {
        tokens.push_back(marker);
        kinds.push_back(3);
    }
    const test::TemporaryDirectory folder;
    const std::vector<formats::GgufField> fields{{.key = "general.architecture", .value = std::string("llama")},
                                                 {.key = "tokenizer.ggml.model", .value = std::string("gpt2")},
                                                 {.key = "tokenizer.ggml.tokens", .value = tokens},
                                                 {.key = "tokenizer.ggml.token_type", .value = kinds},
                                                 {.key = "tokenizer.ggml.merges", .value = std::vector<std::string>{}},
                                                 {.key = "tokenizer.chat_template", .value = chat_template}};
    formats::GgufWriter writer(folder / "words.gguf", fields, {});
    writer.finish();
    return Tokenizer::from_gguf(formats::Gguf::open(folder / "words.gguf"));
}

/// "thought|answer", and how many tokens belong to the thought.
using ToldApart = std::pair<std::string, int>;
ToldApart told_apart(const Tokenizer& words, std::string_view prompt, std::string_view generated) {
    ReasoningSplitter splitter(words, words.encode_with_special(prompt));
    std::vector<TokenId> thought, answer;
    int thinking = 0;
    const auto take = [&](std::span<const ReasoningSplitter::ClassifiedToken> pieces) {
        for (const auto& piece : pieces) {
            thinking += piece.phase == Phase::thinking ? 1 : 0;
            if (!piece.marker) (piece.phase == Phase::thinking ? thought : answer).push_back(piece.id);
        }
    };
    for (const TokenId id : words.encode_with_special(generated)) take(splitter.push(id));
    take(splitter.finish());
    return {words.decode(thought) + "|" + words.decode(answer), thinking};
}

TEST(ThoughtFamilies, EachIsKnownByItsTokens) {
    for (const base::ThoughtMarkers& family : base::thought_families()) {
        if (!family.turn.empty() || family.open == "<|channel>thought") continue;  // of several tokens: below
        SCOPED_TRACE(family.models);
        std::vector<std::string> markers{std::string(family.open), std::string(family.close)};
        if (!family.answer.empty()) markers.emplace_back(family.answer);
        const Tokenizer words = speaker(markers);
        ASSERT_EQ(thought_markers_of(words), &family);
        const std::string open(family.open), end = std::string(family.close) + std::string(family.answer);
        const int markers_of_thought = static_cast<int>(markers.size());
        EXPECT_EQ(told_apart(words, "Q", open + "hm" + end + "yes"), ToldApart("hm|yes", 2 + markers_of_thought));
        EXPECT_EQ(told_apart(words, "Q" + open, "hm" + end + "yes"), ToldApart("hm|yes", 1 + markers_of_thought));
        EXPECT_EQ(told_apart(words, "Q" + open + end, "yes"), ToldApart("|yes", 0));
        EXPECT_TRUE(ReasoningSplitter(words, words.encode_with_special("Q" + open + end)).prompt_ends_thought());
        EXPECT_EQ(words.decode(ReasoningSplitter(words, {}).closing(), true), end);
    }
}

TEST(ThoughtFamilies, HarmonysChannelsAreMarkersOfSeveralTokens) {
    const Tokenizer words = speaker({"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>"});
    ASSERT_NE(thought_markers_of(words), nullptr);
    EXPECT_FALSE(words.ends_generation(*words.find("<|end|>")));
    const std::string user = "<|start|>user<|message|>Q<|end|><|start|>assistant",
                      final = "<|channel|>final<|message|>", analysis = "<|channel|>analysis<|message|>",
                      turn = "<|start|>assistant";
    // Of the thought are: 10 tokens that open it, 2 letters, 1 that ends it, and 10 + 7 to the answer.
    EXPECT_EQ(told_apart(words, user, analysis + "hm<|end|>" + turn + final + "yes"), ToldApart("hm|yes", 30));
    EXPECT_EQ(told_apart(words, user, final + "yes"), ToldApart("|yes", 0));
    EXPECT_EQ(told_apart(words, user + final, "yes"), ToldApart("|yes", 0));
    EXPECT_EQ(told_apart(words, user + analysis, "hm"), ToldApart("hm|", 2));
    EXPECT_EQ(
        told_apart(words, user, analysis + "a<|end|>" + turn + analysis + "b<|end|>" + turn + final + "yes").first,
        "ab|yes");
    EXPECT_EQ(told_apart(words, user, "an <|channel|>ana").first, "|an ana");  // it never became a marker
    EXPECT_EQ(words.decode(ReasoningSplitter(words, {}).closing(), true), "<|end|>" + turn + final);
    // Letters are no markers.
    ReasoningSplitter splitter(words, {});
    for (const TokenId id : words.encode(analysis)) {
        EXPECT_THAT(splitter.push(id), ElementsAre(ReasoningSplitter::ClassifiedToken{id, Phase::answer, false}));
    }
}

TEST(ThoughtFamilies, AMarkerMayBeATokenAndAWord) {
    const Tokenizer words = speaker({"<|channel>", "<channel|>"});
    EXPECT_EQ(told_apart(words, "Q", "<|channel>thought\nhm<channel|>yes").first, "\nhm|yes");
}

TEST(ThoughtFamilies, TheTemplateTellsWhereTheVocabularyHasSeveral) {
    const std::vector<std::string> both{"<think>", "</think>", "[THINK]", "[/THINK]"};
    EXPECT_EQ(thought_markers_of(speaker(both))->open, "<think>");
    EXPECT_EQ(thought_markers_of(speaker(both, "{{ messages[0].content }}[THINK]"))->open, "[THINK]");
    EXPECT_EQ(thought_markers_of(speaker(both, "{{ content.split('[/THINK]') }}"))->open, "[THINK]");
    EXPECT_EQ(thought_markers_of(speaker(both, "{{ '<seed:think>' }}"))->open, "<seed:think>");
    EXPECT_EQ(thought_markers_of(speaker({"[THINK]"})), nullptr);
    EXPECT_EQ(thought_markers_of(speaker({"[THINK]"}, "{{ '<thinking>' }}"))->open, "<thinking>");
}

// Where the vocabulary has no such tokens the letters count, wherever the tokens end.
TEST(ThoughtFamilies, MarkersMayBeWords) {
    // Tokens of several letters that reach across the markers' ends.
    const Tokenizer words = speaker({}, "{{ '<thinking>' }}", {"m.</", "ing>\n", "x<"});
    const auto parts = [&words](std::string_view prompt, const std::vector<std::string>& generated) {
        ReasoningSplitter splitter(words, words.encode(prompt));
        std::string thought, answer;
        std::size_t tokens = 0;
        const auto take = [&](std::span<const ReasoningSplitter::ClassifiedToken> pieces) {
            for (const auto& piece : pieces) {
                tokens += piece.id == ReasoningSplitter::no_token ? 0 : 1;
                if (piece.marker) continue;
                (piece.phase == Phase::thinking ? thought : answer) +=
                    piece.id == ReasoningSplitter::no_token ? piece.beside : std::string(words.bytes(piece.id));
            }
        };
        std::size_t in_all = 0;
        for (const std::string& part : generated) {
            const std::vector<TokenId> ids = words.find(to_byte_alphabet(part))
                                                 ? std::vector{*words.find(to_byte_alphabet(part))}
                                                 : words.encode(part);
            in_all += ids.size();
            for (const TokenId id : ids) take(splitter.push(id));
        }
        take(splitter.finish());
        EXPECT_EQ(tokens, in_all);
        return thought + "|" + answer;
    };
    EXPECT_EQ(parts("Q", {"<thinking>hm</thinking>yes"}), "hm|yes");
    EXPECT_EQ(parts("Q", {"\n<think", "ing>\n", "h", "m.</", "think", "ing>\n", "yes"}), "\nhm.|\n\nyes");
    EXPECT_EQ(parts("Q<thinking>\n", {"hm</thinking>yes"}), "hm|yes");
    EXPECT_EQ(parts("Q<thinking>", {"h<thinking>m</thin</thinking>a</thinking>"}), "h<thinking>m</thin|a</thinking>");
    EXPECT_EQ(parts("Q<thinking></thinking>", {"<thinking>yes"}), "|<thinking>yes");
    EXPECT_EQ(parts("Write <thinking>, please", {"yes"}), "|yes");
    EXPECT_EQ(parts("Q", {"x<", "thinking>"}), "|x<thinking>");
    EXPECT_EQ(parts("Q", {"<thinking>hm</thi"}), "hm</thi|");
    EXPECT_EQ(parts("Q", {"The tag <thinking> opens."}), "|The tag <thinking> opens.");
}

}  // namespace
}  // namespace ergon::text
