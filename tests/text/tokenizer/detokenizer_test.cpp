#include <gtest/gtest.h>

#include "formats/gguf.h"
#include "text/random_text.h"
#include "text/tokenizer/tokenizer.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

Tokenizer smollm() {
    return Tokenizer::from_gguf(formats::Gguf::open(ERGON_FIXTURES "/vocab/smollm2.gguf"));
}

// U+FFFD for each longest prefix of a character, written out plainly: the second opinion on append_complete_utf8.
std::string with_replacements(std::string_view bytes) {
    const auto ranges = [](unsigned char lead) -> std::vector<std::pair<int, int>> {
        if (lead >= 0xC2 && lead <= 0xDF) return {{0x80, 0xBF}};
        if (lead == 0xE0) return {{0xA0, 0xBF}, {0x80, 0xBF}};
        if (lead == 0xED) return {{0x80, 0x9F}, {0x80, 0xBF}};
        if (lead >= 0xE1 && lead <= 0xEF) return {{0x80, 0xBF}, {0x80, 0xBF}};
        if (lead == 0xF0) return {{0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}};
        if (lead >= 0xF1 && lead <= 0xF3) return {{0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}};
        if (lead == 0xF4) return {{0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}};
        return {};
    };
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[i]);
        const auto tail = ranges(lead);
        std::size_t good = 0;
        while (good < tail.size() && i + 1 + good < bytes.size()) {
            const int byte = static_cast<unsigned char>(bytes[i + 1 + good]);
            if (byte < tail[good].first || byte > tail[good].second) break;
            ++good;
        }
        const bool complete = lead < 0x80 || (!tail.empty() && good == tail.size());
        text += complete ? bytes.substr(i, 1 + good) : replacement_character;
        i += 1 + good;
    }
    return text;
}

TEST(Detokenizer, GivesTheSameInAnyCut) {
    const Tokenizer tokenizer = smollm();
    base::RandomSequence random(21);
    for (int i = 0; i < 300; ++i) {
        // Tokens of text, of torn bytes, and any.
        std::vector<TokenId> ids =
            tokenizer.encode(i % 3 == 0 ? test::random_text(random, 20) : test::random_bytes(random, 40));
        if (i % 3 == 2) {
            for (TokenId& id : ids)
                id = static_cast<TokenId>(random.below(static_cast<std::uint64_t>(tokenizer.size())));
        }
        std::string bytes;
        for (const TokenId id : ids) {
            if (!tokenizer.is_control(id)) bytes += tokenizer.bytes(id);
        }
        Detokenizer detokenizer(tokenizer);
        std::string text;
        for (const TokenId id : ids) {
            const std::string piece = detokenizer.push(id);
            EXPECT_EQ(valid_utf8_prefix(piece), piece.size());
            text += piece;
        }
        text += detokenizer.finish();
        EXPECT_EQ(text, with_replacements(bytes));
        EXPECT_EQ(text, tokenizer.decode(ids));
    }
}

TEST(Detokenizer, HoldsBackHalfACharacter) {
    const Tokenizer tokenizer = smollm();
    const std::string_view llama = "🦙";
    std::vector<TokenId> bytes;
    for (const char byte : llama) {
        // Byte by byte: no UTF-8, so each is a piece of its own.
        const auto id = tokenizer.encode(std::string_view(&byte, 1));
        ASSERT_EQ(id.size(), 1u);
        bytes.push_back(id.front());
    }
    Detokenizer detokenizer(tokenizer);
    EXPECT_EQ(detokenizer.push(bytes[0]), "");
    EXPECT_EQ(detokenizer.push(bytes[1]), "");
    EXPECT_EQ(detokenizer.push(bytes[2]), "");
    EXPECT_EQ(detokenizer.push(bytes[3]), "🦙");
    EXPECT_EQ(detokenizer.finish(), "");
    EXPECT_EQ(detokenizer.push(bytes[0]), "");
    EXPECT_EQ(detokenizer.push(tokenizer.encode("a").front()), "\uFFFDa");
    EXPECT_EQ(detokenizer.push(bytes[0]), "");
    EXPECT_EQ(detokenizer.finish(), "\uFFFD");
}

TEST(Detokenizer, ShowsControlTokensOnlyIfAsked) {
    const Tokenizer tokenizer = smollm();
    const auto ids = tokenizer.encode_with_special("<|im_start|>user\nhi<|im_end|>");
    EXPECT_EQ(tokenizer.decode(ids), "user\nhi");
    EXPECT_EQ(tokenizer.decode(ids, true), "<|im_start|>user\nhi<|im_end|>");
}

}  // namespace
}  // namespace ergon::text
