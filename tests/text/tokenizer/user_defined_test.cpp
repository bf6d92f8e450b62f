// User-defined tokens (type 4) and special ids in GGUF files: vocabularies built here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::text {
namespace {

using formats::GgufField;
using testing::ElementsAre;
using testing::HasSubstr;

/// A token for each byte (its id is the byte), then these of type 4.
Tokenizer with_user_defined(const std::vector<std::string>& user_defined, const std::string& chat_template,
                            const std::vector<GgufField>& more = {}) {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.push_back(to_byte_alphabet(std::string(1, static_cast<char>(byte))));
    std::vector<std::int64_t> kinds(tokens.size(), 1);
    tokens.insert(tokens.end(), user_defined.begin(), user_defined.end());
    kinds.resize(tokens.size(), 4);
    std::vector<GgufField> fields{{.key = "general.architecture", .value = std::string("llama")},
                                  {.key = "tokenizer.ggml.model", .value = std::string("gpt2")},
                                  {.key = "tokenizer.ggml.tokens", .value = tokens},
                                  {.key = "tokenizer.ggml.token_type", .value = kinds},
                                  {.key = "tokenizer.ggml.merges", .value = std::vector<std::string>{}},
                                  {.key = "tokenizer.chat_template", .value = chat_template}};
    fields.insert(fields.end(), more.begin(), more.end());
    const test::TemporaryDirectory folder;
    formats::GgufWriter writer(folder / "words.gguf", fields, {});
    writer.finish();
    return Tokenizer::from_gguf(formats::Gguf::open(folder / "words.gguf"));
}

/// The definition: from left to right the longest token that begins there, else a byte.
std::vector<TokenId> by_definition(std::string_view text, const std::vector<std::string>& tokens) {
    std::vector<TokenId> ids;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t longest = 0;
        TokenId id = static_cast<unsigned char>(text[at]);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (tokens[i].size() <= longest || !text.substr(at).starts_with(tokens[i])) continue;
            longest = tokens[i].size();
            id = static_cast<TokenId>(256 + i);
        }
        ids.push_back(id);
        at += std::max<std::size_t>(longest, 1);
    }
    return ids;
}

// A thousand tokens that begin alike: each place of a text is looked at once, not once for each length.
TEST(UserDefinedTokens, ManyLengthsTakeLinearTime) {
    std::vector<std::string> tokens;
    for (std::size_t length = 21; length <= 1020; ++length) tokens.emplace_back(length, 'a');
    const Tokenizer tokenizer = with_user_defined(tokens, "");
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(tokenizer.encode(std::string(20, 'a') + "b").size(), 21u);
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::string(19, 'a') + "b";
    EXPECT_EQ(tokenizer.encode(text).size(), text.size());
    EXPECT_EQ(tokenizer.encode(std::string(102'000, 'a')).size(), 100u);
    EXPECT_LT(base::now() - begin, base::Nanoseconds(20'000'000'000));
}

// What a template's source happens to hold changes nothing: blank runs and line ends stand in every one.
TEST(UserDefinedTokens, AreCutFromAnyonesTextWhateverTheTemplateSpells) {
    base::RandomSequence random(11);
    const std::vector<std::string> fragments{
        "  ", "   ", "\n\n", "\n", "\t", "USER:", "x ", "ü", ": ", "}", "ab", "中文"};
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> tokens;
        std::string source = "{% for message in messages %}\n\n    {{ message.content }}";
        while (tokens.size() < 1 + random.below(6)) {
            std::string token = fragments[random.below(fragments.size())];
            if (random.below(3) == 0) token += fragments[random.below(fragments.size())];
            if (std::ranges::find(tokens, token) == tokens.end()) tokens.push_back(std::move(token));
        }
        for (const std::string& token : tokens) source += random.below(2) == 0 ? token : "";
        const Tokenizer words = with_user_defined(tokens, source + "{% endfor %}");
        for (int i = 0; i < 50; ++i) {
            std::string text;
            for (std::size_t parts = random.below(12); parts > 0; --parts)
                text += fragments[random.below(fragments.size())];
            ASSERT_EQ(words.encode(text), by_definition(text, tokens)) << text;
            ASSERT_EQ(words.encode_with_special(text), by_definition(text, tokens)) << text;
            const std::size_t half = random.below(text.size() + 1);
            MarkedText mixed(text.substr(0, half), Author::chat_template);
            mixed.append(text.substr(half), Author::person);
            ASSERT_EQ(words.encode(mixed), by_definition(text, tokens)) << text << " at " << half;
        }
    }
}

TEST(UserDefinedTokens, OfTheFormOfAMarkerCountOnlyFromTheTemplate) {
    for (const std::string marker : {"</think>", "[THINK]", "◁think▷", "<function=", "<|channel>thought"}) {
        for (const std::string& source : {std::string(), "{{ messages[0].content }}" + marker}) {
            const Tokenizer words = with_user_defined({marker, "  "}, source);
            EXPECT_EQ(words.encode("a  " + marker), by_definition("a  " + marker, {"\x01", "  "}));
            EXPECT_THAT(words.encode_with_special("a  " + marker), ElementsAre('a', 257, 256));
            EXPECT_TRUE(words.is_control(256));
            EXPECT_FALSE(words.is_control(257));
        }
    }
    for (const std::string plain : {"<>", "[]", "◁▷", "<a", "a>", "<a]", "###", "### Instruction:", "function="}) {
        EXPECT_THAT(with_user_defined({plain}, plain).encode(plain), ElementsAre(256)) << plain;
    }
}

// Files say "none" by -1, or name a token of another vocabulary. Others warn and go on.
TEST(SpecialIds, OutsideOfTheVocabularyAreNone) {
    struct Wrong {
        formats::MetadataValue id;
        std::string said;
    };
    const std::vector<Wrong> wrongs{{std::int64_t{-1}, "-1"},
                                    {std::uint64_t{4294967295}, "4294967295"},
                                    {std::uint64_t{258}, "258"},
                                    {std::uint64_t{1} << 63, "too large"}};
    for (const char* role : {"bos", "eos", "unknown", "eot", "eom", "padding"}) {
        for (const Wrong& wrong : wrongs) {
            SCOPED_TRACE(std::string(role) + " " + wrong.said);
            const std::string key = fmt::format("tokenizer.ggml.{}_token_id", role);
            testing::internal::CaptureStderr();
            base::set_up_log();
            const Tokenizer words = with_user_defined({"<s>", "<e>"}, "", {{.key = key, .value = wrong.id}});
            base::log().flush();
            const std::string said = testing::internal::GetCapturedStderr();
            EXPECT_EQ(words.bos(), std::nullopt);
            EXPECT_EQ(words.eos(), std::nullopt);
            EXPECT_FALSE(words.adds_bos());
            EXPECT_EQ(words.encode("ab").size(), 2u);
            if (std::string_view(role) == "padding") continue;  // nobody asks for it
            EXPECT_THAT(said,
                        HasSubstr(fmt::format("{} is {}, but the vocabulary has the ids 0 to 257", key, wrong.said)));
            EXPECT_EQ(said.find(key), said.rfind(key));  // once
        }
    }
    const Tokenizer good = with_user_defined({"<s>", "<e>"}, "",
                                             {{.key = "tokenizer.ggml.bos_token_id", .value = std::uint64_t{256}},
                                              {.key = "tokenizer.ggml.eos_token_id", .value = std::int64_t{257}},
                                              {.key = "tokenizer.ggml.eot_token_id", .value = std::int64_t{-1}}});
    EXPECT_EQ(good.bos(), 256);
    EXPECT_EQ(good.eos(), 257);
}

}  // namespace
}  // namespace ergon::text
