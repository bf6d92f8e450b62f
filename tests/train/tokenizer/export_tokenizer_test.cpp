// The same ids from a GGUF file as from the folder.

#include "train/tokenizer/export_tokenizer.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "text/random_text.h"
#include "text/tokenizer/tokenizer.h"
#include "train/learnt.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::Json;
using text::TokenId;
using text::Tokenizer;

/// A trained tokenizer as a folder and as a GGUF file.
class ExportTokenizer : public testing::Test {
  protected:
    ExportTokenizer() {
        std::string text = base::read_text(ERGON_FIXTURES "/train/mixed.txt");
        write_tokenizer(folder_.path(), test::learnt_from(text, 200));
    }
    formats::Gguf gguf() const {
        formats::write_gguf(folder_ / "x.gguf", gguf_tokenizer_metadata(folder_.path()), {});
        return formats::Gguf::open(folder_ / "x.gguf");
    }
    /// Changes tokenizer.json.
    template <typename Change>
    void change(const Change& change) const {
        Json json = base::read_json(folder_ / "tokenizer.json");
        change(json);
        base::write_atomically(folder_ / "tokenizer.json", json.dump());
    }

    test::TemporaryDirectory folder_;
};

TEST_F(ExportTokenizer, WritesTheKeysThatOtherEnginesRead) {
    const formats::Gguf file = gguf();
    EXPECT_EQ(file.text("tokenizer.ggml.model"), "gpt2");
    EXPECT_EQ(file.text("tokenizer.ggml.pre"), "deepseek-r1-qwen");
    EXPECT_EQ(file.integer("tokenizer.ggml.bos_token_id"), 0);
    EXPECT_EQ(file.integer("tokenizer.ggml.eos_token_id"), 1);
    EXPECT_EQ(file.integer("tokenizer.ggml.padding_token_id"), 2);
    EXPECT_TRUE(file.boolean("tokenizer.ggml.add_bos_token", false));
    EXPECT_FALSE(file.boolean("tokenizer.ggml.add_eos_token", true));
    EXPECT_EQ(file.texts("tokenizer.ggml.merges").size(), 200u);
    const auto& tokens = file.texts("tokenizer.ggml.tokens");
    const auto kinds = file.integers("tokenizer.ggml.token_type");
    ASSERT_EQ(tokens.size(), 463u);
    ASSERT_EQ(kinds.size(), 463u);
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        const bool think = tokens[id] == "<think>" || tokens[id] == "</think>";
        EXPECT_EQ(kinds[id], think ? 4 : id < 3 || id >= 459 ? 3 : 1) << tokens[id];
    }
}

TEST_F(ExportTokenizer, ReadersOfBothGetTheSameIds) {
    const Tokenizer from_folder = Tokenizer::from_folder(formats::HfFolder::open_tokenizer(folder_.path()));
    const Tokenizer from_gguf = Tokenizer::from_gguf(gguf());
    ASSERT_EQ(from_gguf.size(), from_folder.size());
    EXPECT_EQ(from_gguf.bos(), from_folder.bos());
    EXPECT_EQ(from_gguf.eos(), from_folder.eos());
    EXPECT_EQ(from_gguf.adds_bos(), from_folder.adds_bos());
    EXPECT_EQ(from_gguf.adds_eos(), from_folder.adds_eos());
    EXPECT_EQ(from_gguf.chat_template(), from_folder.chat_template());
    for (TokenId id = 0; id < from_gguf.size(); ++id) {
        ASSERT_EQ(from_gguf.bytes(id), from_folder.bytes(id));
        ASSERT_EQ(from_gguf.is_control(id), from_folder.is_control(id)) << from_gguf.bytes(id);
        ASSERT_EQ(from_gguf.ends_generation(id), from_folder.ends_generation(id)) << from_gguf.bytes(id);
    }
    std::size_t compared = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        base::RandomSequence random(seed);
        std::string text = test::random_text(random, 300) + "<think>a</think><｜User｜>e\u0301 banana 12" +
                           test::random_bytes(random, 20);
        ASSERT_EQ(from_gguf.encode(text), from_folder.encode(text)) << "seed " << seed;
        ASSERT_EQ(from_gguf.encode_with_special(text), from_folder.encode_with_special(text)) << "seed " << seed;
        compared += from_gguf.encode(text).size();
    }
    EXPECT_GT(compared, 20'000u);
}

TEST_F(ExportTokenizer, BothSpellingsOfMergesAreUnderstood) {
    const auto expected = gguf().texts("tokenizer.ggml.merges");
    change([](Json& json) {
        for (Json& merge : json["model"]["merges"]) {
            const auto text = merge.get<std::string>();
            const std::size_t space = text.find(' ');
            merge = Json::array({text.substr(0, space), text.substr(space + 1)});
        }
    });
    EXPECT_EQ(gguf().texts("tokenizer.ggml.merges"), expected);
}

TEST_F(ExportTokenizer, RefusesWhatOtherEnginesWouldCutDifferently) {
    const auto refuse = [&](ErrorCode code, const char* fragment) {
        test::expect_error(code, fragment, [&] { gguf_tokenizer_metadata(folder_.path()); });
    };
    change([](Json& json) { json["normalizer"] = nullptr; });
    refuse(ErrorCode::unsupported, "its normalizer is not the one that GGUF files call deepseek-r1-qwen");
    change([](Json& json) {
        json["normalizer"] = normalizer_json();
        json["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\p{N}{1,3}";
    });
    refuse(ErrorCode::unsupported, "its pre_tokenizer is not the one that GGUF files call deepseek-r1-qwen");
    change([](Json& json) { json["model"]["merges"].push_back("no such"); });
    refuse(ErrorCode::bad_file, "which is not in the vocabulary");
    std::filesystem::remove(folder_ / "tokenizer.json");
    refuse(ErrorCode::not_found, "tokenizer.json");
    std::filesystem::remove(folder_ / "tokenizer_config.json");
    refuse(ErrorCode::not_found, "has neither config.json nor tokenizer_config.json");
}

}  // namespace
}  // namespace ergon::train
