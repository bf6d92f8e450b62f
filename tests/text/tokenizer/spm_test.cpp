// SentencePiece-style vocabularies in GGUF files, built here.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "text/random_text.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::text {
namespace {

using formats::GgufField;
using testing::ElementsAre;

struct Token {
    std::string spelling;
    double score;
    std::int64_t kind;
};

std::vector<Token> vocabulary() {
    std::vector<Token> tokens{{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}};  // 0, 1, 2
    for (int byte = 0; byte < 256; ++byte) tokens.push_back({fmt::format("<0x{:02X}>", byte), 0, 6});
    // 259 on
    for (const char* letter : {"▁", "a", "b", "c", "<", "s", ">", "中"}) tokens.push_back({letter, -100, 1});
    tokens.push_back({"ab", -2, 1});     // 267
    tokens.push_back({"bc", -1, 1});     // 268
    tokens.push_back({"▁a", -3, 1});     // 269
    tokens.push_back({"▁ab", -4, 1});    // 270
    tokens.push_back({"▁▁", -1, 1});     // 271
    tokens.push_back({"abc", -9, 1});    // 272
    tokens.push_back({"<s", -1, 1});     // 273
    tokens.push_back({"ü", 0, 4});       // 274
    tokens.push_back({"[INST]", 0, 4});  // 275
    tokens.push_back({"aa", -5, 1});     // 276
    tokens.push_back({"aaaa", -6, 1});   // 277
    return tokens;
}

Tokenizer make(const std::vector<Token>& tokens, const std::vector<GgufField>& more = {}) {
    std::vector<std::string> spellings;
    std::vector<double> scores;
    std::vector<std::int64_t> kinds;
    for (const Token& token : tokens) {
        spellings.push_back(token.spelling);
        scores.push_back(token.score);
        kinds.push_back(token.kind);
    }
    std::vector<GgufField> fields{{.key = "general.architecture", .value = std::string("llama")},
                                  {.key = "tokenizer.ggml.model", .value = std::string("llama")},
                                  {.key = "tokenizer.ggml.tokens", .value = spellings},
                                  {.key = "tokenizer.ggml.scores", .value = scores},
                                  {.key = "tokenizer.ggml.token_type", .value = kinds},
                                  {.key = "tokenizer.ggml.bos_token_id", .value = std::uint64_t{1}},
                                  {.key = "tokenizer.ggml.eos_token_id", .value = std::uint64_t{2}},
                                  {.key = "tokenizer.ggml.unknown_token_id", .value = std::uint64_t{0}}};
    fields.insert(fields.end(), more.begin(), more.end());
    const test::TemporaryDirectory folder;
    formats::GgufWriter writer(folder / "model.gguf", fields, {});
    writer.finish();
    return Tokenizer::from_gguf(formats::Gguf::open(folder / "model.gguf"));
}

TEST(SentencePiece, MergesTheBestScoreFirst) {
    const Tokenizer tokenizer = make(vocabulary());
    EXPECT_EQ(tokenizer.pre_tokenizer(), "sentencepiece");
    EXPECT_TRUE(tokenizer.adds_bos());
    // ▁abc: bc (-1) goes before ab (-2), then ▁a (-3).
    EXPECT_THAT(tokenizer.encode("abc"), ElementsAre(269, 268));
    // ▁ab: ab (-2) goes before ▁a (-3), and then ▁ab (-4) is left.
    EXPECT_THAT(tokenizer.encode("ab"), ElementsAre(270));
}

// Of a token each cut is looked up: reading both parts of each would take time with the square of its length.
TEST(SentencePiece, LongTokensTakeLinearTime) {
    std::vector<Token> tokens = vocabulary();
    base::RandomSequence random(1, 1);
    for (int i = 0; i < 40'000; ++i) {
        std::string spelling;
        while (spelling.size() < 500) spelling += static_cast<char>('a' + random.below(26));
        tokens.push_back({std::move(spelling), -20, 1});
    }
    const base::Nanoseconds begin = base::now();
    const Tokenizer tokenizer = make(tokens);
    EXPECT_LT(base::now() - begin, base::Nanoseconds(20'000'000'000));
    EXPECT_THAT(tokenizer.encode("abc"), ElementsAre(269, 268));
}

TEST(SentencePiece, FallsBackToBytes) {
    const Tokenizer tokenizer = make(vocabulary());
    EXPECT_THAT(tokenizer.encode("é中"), ElementsAre(259, 3 + 0xC3, 3 + 0xA9, 266));
    EXPECT_THAT(tokenizer.encode("\xFF"), ElementsAre(3 + 0xFF));
    base::RandomSequence random(11);
    for (int i = 0; i < 300; ++i) {
        const std::string text = test::random_text(random, random.below(40));
        // ▁ reads as a space; behind the token ü a space is put in front of the next words.
        if (text.find("▁") != std::string::npos || text.find("ü") != std::string::npos) continue;
        EXPECT_EQ(tokenizer.decode(tokenizer.encode(text)), text);
    }
}

TEST(SentencePiece, SpacesAreMarksAndWordsNeverCommands) {
    const Tokenizer tokenizer = make(vocabulary());
    EXPECT_THAT(tokenizer.encode("a a"), ElementsAre(269, 269));
    EXPECT_THAT(tokenizer.encode(" a"), ElementsAre(271, 260));
    EXPECT_THAT(tokenizer.encode("<s>"), ElementsAre(259, 273, 265));
    EXPECT_THAT(tokenizer.encode("<0x41>"), testing::Not(testing::Contains(3 + 0x41)));
    EXPECT_THAT(tokenizer.encode("aüb"), ElementsAre(269, 274, 259, 261));
    EXPECT_THAT(tokenizer.encode_with_special("<s>[INST]a</s>"), ElementsAre(1, 275, 269, 2));
    EXPECT_TRUE(tokenizer.is_control(275));
    EXPECT_EQ(tokenizer.decode(tokenizer.encode_with_special("<s>a a</s>"), true), "<s>a a</s>");
    EXPECT_EQ(tokenizer.decode(tokenizer.encode_with_special("<s>a a</s>")), "a a");
}

TEST(SentencePiece, NoSpaceInFrontWhereTheFileSaysSo) {
    const Tokenizer tokenizer = make(vocabulary(), {{.key = "tokenizer.ggml.add_space_prefix", .value = false},
                                                    {.key = "tokenizer.ggml.add_bos_token", .value = false}});
    EXPECT_THAT(tokenizer.encode("a"), ElementsAre(260));
    EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{269}), " a");
    EXPECT_FALSE(tokenizer.adds_bos());
}

TEST(SentencePiece, UnknownCharactersWithoutBytesAreOneUnknown) {
    std::vector<Token> tokens = vocabulary();
    for (Token& token : tokens) {
        if (token.kind == 6) token = {"unused " + token.spelling, 0, 5};
    }
    EXPECT_THAT(make(tokens).encode("aéèb"), ElementsAre(269, 0, 261));
}

// Cutting at spaces is an optimisation that must not show: with a token across a space it is not done.
TEST(SentencePiece, TokensMayReachAcrossSpaces) {
    std::vector<Token> tokens = vocabulary();
    tokens.push_back({"c▁", -0.5, 1});
    tokens.push_back({"c▁a", -0.25, 1});
    EXPECT_THAT(make(tokens).encode("c a"), ElementsAre(259, 279));
}

TEST(SentencePiece, RefusesWhatDoesNotFit) {
    const auto bad = base::ErrorCode::bad_file;
    std::vector<Token> tokens = vocabulary();
    tokens[5].kind = 9;
    test::expect_error(bad, "of token 5 is 9", [&] { make(tokens); });
    test::expect_error(base::ErrorCode::unsupported, "remove_extra_whitespaces",
                       [] { make(vocabulary(), {{.key = "tokenizer.ggml.remove_extra_whitespaces", .value = true}}); });
}

}  // namespace
}  // namespace ergon::text
