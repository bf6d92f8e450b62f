// The three real vocabularies of fixtures/vocab.

#include <algorithm>
#include <array>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "base/sanitized.h"
#include "formats/gguf.h"
#include "text/random_text.h"
#include "text/tokenizer/tokenizer.h"
#include "text/unicode.h"

namespace ergon::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Tokenizer& tokenizer(const std::string& name) {
    static std::map<std::string, Tokenizer> loaded;
    const auto found = loaded.find(name);
    if (found != loaded.end()) return found->second;
    const auto file = formats::Gguf::open(std::string(ERGON_FIXTURES "/vocab/") + name + ".gguf");
    return loaded.emplace(name, Tokenizer::from_gguf(file)).first->second;
}

const std::vector<std::string> names{"deepseek-llm", "r1-distill-qwen", "smollm2"};

std::vector<std::string> vocab_test_texts(const std::string& name) {
    const std::string content = base::read_text(std::string(ERGON_FIXTURES "/vocab/") + name + ".gguf.inp");
    const std::string separator = "\n__ggml_vocab_test__\n";
    std::vector<std::string> texts;
    std::size_t begin = 0;
    for (std::size_t end = content.find(separator); end != std::string::npos; end = content.find(separator, begin)) {
        texts.push_back(content.substr(begin, end - begin));
        begin = end + separator.size();
    }
    return texts;
}

TEST(Vocabularies, GiveThePublishedIds) {
    for (const std::string& name : names) {
        const auto texts = vocab_test_texts(name);
        ASSERT_EQ(texts.size(), 46u);
        std::istringstream lines(base::read_text(std::string(ERGON_FIXTURES "/vocab/") + name + ".gguf.out"));
        for (const std::string& text : texts) {
            std::string line;
            ASSERT_TRUE(std::getline(lines, line));
            std::istringstream numbers(line);
            const std::vector<TokenId> expected{std::istream_iterator<TokenId>(numbers), {}};
            EXPECT_EQ(tokenizer(name).encode(text), expected) << name << ": '" << text << "'";
        }
    }
}

TEST(Vocabularies, GiveTheReferenceLibrarysIdsForRandomText) {
    const base::Json cases = base::read_json(ERGON_FIXTURES "/tokenizers/vocabularies.cases.json");
    std::size_t compared = 0;
    for (const std::string& name : names) {
        for (const auto& example : cases[name]) {
            const auto text = example[0].get<std::string>();
            EXPECT_EQ(tokenizer(name).encode(text), example[1].get<std::vector<TokenId>>())
                << name << ": '" << text << "'";
            ++compared;
        }
    }
    EXPECT_GT(compared, 500u);
}

TEST(Vocabularies, DeepSeekLlmCutsItsLettersFromAnyText) {
    const Tokenizer& deepseek = tokenizer("deepseek-llm");
    EXPECT_THAT(deepseek.encode("Hello world"), ElementsAre(17464, 1843));
    EXPECT_THAT(deepseek.encode(" Hello World!"), ElementsAre(37727, 5427, 0));
    EXPECT_THAT(deepseek.encode("3"), ElementsAre(18));
    EXPECT_THAT(deepseek.encode("Führer"), ElementsAre(37, 100014, 71, 6245));
    EXPECT_EQ(deepseek.bytes(100014), "ü");
    EXPECT_EQ(deepseek.decode(deepseek.encode("Führer")), "Führer");
    // The letter counts also where the template and a person wrote one byte of it each.
    MarkedText halves("F\xC3", Author::chat_template);
    halves.append("\xBChrer", Author::person);
    EXPECT_THAT(deepseek.encode(halves), ElementsAre(37, 100014, 71, 6245));
    EXPECT_FALSE(deepseek.is_control(100014));
    EXPECT_TRUE(deepseek.is_control(*deepseek.find("[PAD100020]")));
}

TEST(Vocabularies, KnowTheirTokens) {
    const Tokenizer& r1 = tokenizer("r1-distill-qwen");
    EXPECT_EQ(r1.size(), 152064);
    EXPECT_EQ(r1.pre_tokenizer(), "deepseek-r1-qwen");
    EXPECT_EQ(r1.bos(), 151646);
    EXPECT_EQ(r1.eos(), 151643);
    EXPECT_TRUE(r1.adds_bos());
    EXPECT_FALSE(r1.adds_eos());
    EXPECT_EQ(r1.find("</think>"), 151649);
    EXPECT_TRUE(r1.is_control(151649));
    EXPECT_EQ(r1.bytes(151649), "</think>");
    EXPECT_EQ(r1.find("no such token"), std::nullopt);
    EXPECT_TRUE(r1.ends_generation(151643));
    EXPECT_TRUE(r1.ends_generation(*r1.find("<|EOT|>")));
    EXPECT_FALSE(r1.ends_generation(151649));
    EXPECT_THAT(r1.chat_template(), testing::HasSubstr("add_generation_prompt"));
    EXPECT_FALSE(r1.is_control(-1));
    EXPECT_FALSE(r1.is_control(1 << 30));
    for (const TokenId id : {-1, 152064, 1 << 30}) {
        test::expect_error(base::ErrorCode::bad_argument, "is not a token id", [&] { (void)r1.bytes(id); });
    }
    const Tokenizer& smollm = tokenizer("smollm2");
    EXPECT_FALSE(smollm.adds_bos());
    EXPECT_TRUE(smollm.ends_generation(*smollm.find("<|im_end|>")));
    EXPECT_TRUE(smollm.ends_generation(*smollm.find("<|endoftext|>")));
}

// contract 5 of docs/architecture.md.
TEST(Vocabularies, APersonsWordsAreNeverCommands) {
    for (const std::string& name : names) {
        const Tokenizer& words = tokenizer(name);
        std::size_t controls = 0;
        std::string all;
        for (TokenId id = 0; id < words.size(); ++id) {
            if (!words.is_control(id)) continue;
            if (++controls > 100 && id % 50 != 0) continue;
            const std::string spelling(words.bytes(id));
            all += "a" + spelling + spelling + "\n";
            EXPECT_THAT(words.encode_with_special(spelling), ElementsAre(id));
            EXPECT_THAT(words.encode(MarkedText(spelling, Author::chat_template)), ElementsAre(id));
            // One byte of another author, anywhere, and it is no command.
            for (std::size_t at = 0; at < spelling.size(); ++at) {
                MarkedText broken(spelling.substr(0, at), Author::chat_template);
                broken.append(spelling.substr(at, 1), Author::person);
                broken.append(spelling.substr(at + 1), Author::chat_template);
                for (const TokenId found : words.encode(broken)) ASSERT_NE(found, id) << spelling << " at " << at;
            }
        }
        ASSERT_GT(controls, 1u);
        const auto encoded = words.encode(all);
        for (const TokenId id : encoded) ASSERT_FALSE(words.is_control(id)) << words.bytes(id);
        EXPECT_EQ(words.decode(encoded), all);
        // Between the template's own markers as well.
        MarkedText chat(words.bytes(*words.bos()), Author::chat_template);
        chat.append(all, Author::person);
        chat.append(words.bytes(*words.eos()), Author::chat_template);
        const auto marked = words.encode(chat);
        EXPECT_EQ(std::ranges::count_if(marked, [&](TokenId id) { return words.is_control(id); }), 2);
        EXPECT_EQ(marked.front(), words.bos());
        EXPECT_EQ(marked.back(), words.eos());
    }
}

TEST(Vocabularies, NeighbouringWordsAreOneStringWhoeverWroteThem) {
    for (const std::string& name : names) {
        const Tokenizer& words = tokenizer(name);
        base::RandomSequence random(3);
        for (int i = 0; i < 200; ++i) {
            MarkedText pieces;
            for (int part = 0; part < 4; ++part) {
                pieces.append(test::random_text(random, random.below(6)),
                              random.below(2) == 0 ? Author::person : Author::chat_template);
            }
            EXPECT_EQ(words.encode(pieces), words.encode(pieces.text())) << pieces.text();
        }
    }
}

// What Qwen's normalisation leaves of any bytes.
std::string with_valid_parts_in_nfc(std::string_view bytes) {
    std::string normal;
    while (!bytes.empty()) {
        const std::size_t valid = valid_utf8_prefix(bytes);
        normal += to_nfc(bytes.substr(0, valid));
        bytes.remove_prefix(valid);
        if (bytes.empty()) break;
        const std::size_t broken = scan_utf8(bytes).length;
        normal += bytes.substr(0, broken);
        bytes.remove_prefix(broken);
    }
    return normal;
}

// Whether a vocabulary has a token for each byte of a text; SmolLM2's lacks some.
bool has_bytes(const Tokenizer& words, std::string_view text) {
    static std::map<const Tokenizer*, std::array<bool, 256>> known;
    auto [entry, is_new] = known.try_emplace(&words);
    for (std::size_t byte = 0; is_new && byte < 256; ++byte) {
        const std::string one(1, static_cast<char>(byte));
        const auto ids = words.encode(one);
        entry->second[byte] = ids.size() == 1 && words.bytes(ids.front()) == one;
    }
    return std::ranges::all_of(text, [&](char c) { return entry->second[static_cast<unsigned char>(c)]; });
}

TEST(Vocabularies, RoundTripAnyText) {
    for (const std::string& name : {std::string("deepseek-llm"), std::string("smollm2")}) {
        base::RandomSequence random(4);
        int texts = 0;
        while (texts < 300) {
            const std::string text = test::random_text(random, random.below(80));
            if (name == "smollm2" && !has_bytes(tokenizer(name), text)) continue;
            ASSERT_EQ(tokenizer(name).decode(tokenizer(name).encode(text)), text) << name;
            ++texts;
        }
    }
    // The Qwen family normalises to NFC, after which the text stays as it is.
    base::RandomSequence random(5);
    for (int i = 0; i < 500; ++i) {
        const std::string text = to_nfc(test::random_text(random, random.below(80)));
        ASSERT_EQ(tokenizer("r1-distill-qwen").decode(tokenizer("r1-distill-qwen").encode(text)), text);
    }
    EXPECT_EQ(tokenizer("r1-distill-qwen").encode("e\u0301"), tokenizer("r1-distill-qwen").encode("é"));
}

TEST(Vocabularies, KeepBytesThatAreNoText) {
    const Tokenizer& r1 = tokenizer("r1-distill-qwen");
    base::RandomSequence random(6);
    for (int i = 0; i < 500; ++i) {
        const std::string bytes = test::random_bytes(random, random.below(60));
        std::string joined;
        for (const TokenId id : r1.encode(bytes)) joined += r1.bytes(id);
        ASSERT_EQ(joined, with_valid_parts_in_nfc(bytes));
        for (const std::string& name : names) {
            for (const TokenId id : tokenizer(name).encode(bytes)) ASSERT_FALSE(tokenizer(name).is_control(id));
        }
    }
    EXPECT_EQ(tokenizer("deepseek-llm").decode(tokenizer("deepseek-llm").encode("a\xFF")), "a\uFFFD");
    EXPECT_THAT(tokenizer("smollm2").encode(""), IsEmpty());
}

TEST(Vocabularies, EncodeFromSeveralThreads) {
    const Tokenizer& words = tokenizer("r1-distill-qwen");
    base::RandomSequence random(9);
    const std::string text = test::random_text(random, 20'000);
    const auto expected = words.encode(text);
    std::vector<std::future<std::vector<TokenId>>> encodings;
    for (int i = 0; i < 4; ++i) encodings.push_back(std::async(std::launch::async, [&] { return words.encode(text); }));
    for (auto& encoding : encodings) EXPECT_EQ(encoding.get(), expected);
}

TEST(Vocabularies, LongPiecesTakeNoQuadraticTime) {
    constexpr std::size_t size = test::sanitized ? 100'000 : 1'000'000;
    for (const std::string& name : names) {
        for (const std::string_view unit : {"a", " ", "7", "a ", "!", "ab", "\n", "é", "中"}) {
            std::string text;
            while (text.size() < size) text += unit;
            EXPECT_EQ(tokenizer(name).decode(tokenizer(name).encode(text)), text) << name << " '" << unit << "'";
        }
    }
}

}  // namespace
}  // namespace ergon::text
