// tokenizer.json: small ones with the ids of the reference library (tests/parity/make_tokenizer_data.py), and refusals.

#include <algorithm>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"
#include "formats/hf_folder.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::text {
namespace {

using base::Json;
using testing::ElementsAre;

Tokenizer load(const std::string& name) {
    const std::string path = ERGON_FIXTURES "/tokenizers/" + name + ".json";
    return Tokenizer::from_json(base::read_text(path), Json(), path);
}

class TokenizerJson : public testing::TestWithParam<std::string> {};

TEST_P(TokenizerJson, EncodesLikeTheReferenceLibrary) {
    const Tokenizer tokenizer = load(GetParam());
    const Json cases = base::read_json(ERGON_FIXTURES "/tokenizers/" + GetParam() + ".cases.json");
    for (const auto& example : cases["encode"]) {
        const auto text = example[0].get<std::string>();
        EXPECT_EQ(tokenizer.encode_with_special(text), example[1].get<std::vector<TokenId>>()) << "'" << text << "'";
    }
    EXPECT_GT(cases["encode"].size(), 100u);
}

TEST_P(TokenizerJson, DecodesLikeTheReferenceLibrary) {
    const Tokenizer tokenizer = load(GetParam());
    const Json cases = base::read_json(ERGON_FIXTURES "/tokenizers/" + GetParam() + ".cases.json");
    for (const auto& example : cases["decode"]) {
        EXPECT_EQ(tokenizer.decode(example[0].get<std::vector<TokenId>>()), example[1].get<std::string>())
            << example[0];
    }
    EXPECT_GE(cases["decode"].size(), 40u);
}

INSTANTIATE_TEST_SUITE_P(Published, TokenizerJson,
                         testing::Values("llama3", "qwen2", "deepseek-v3", "deepseek-llm", "gpt2-prefix", "smollm",
                                         "falcon", "behaviours", "added", "spaces", "llama2", "metaspace",
                                         "metaspace-split"),
                         [](const auto& published) {
                             std::string name = published.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

// A vocabulary of a few letters, to be changed by each test.
Json small() {
    return base::parse_json(R"({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [
            {"id": 8, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
            {"id": 9, "content": "<think>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false},
            {"id": 10, "content": "USER:", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false},
            {"id": 11, "content": "ü", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false}],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                  "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                  "vocab": {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "abc": 5, "<": 6, "Ġab": 7},
                  "merges": ["a b", ["ab", "c"], "Ġ ab"]}})",
                            "small");
}

Tokenizer from(const Json& json, const Json& config = Json()) {
    return Tokenizer::from_json(json.dump(), config, "small");
}

TEST(TokenizerJsonSmall, BothSpellingsOfMerges) {
    EXPECT_THAT(from(small()).encode("abc ab cab"), ElementsAre(5, 7, 3, 2, 4));
    EXPECT_EQ(from(small()).pre_tokenizer(), "tokenizer.json");
    EXPECT_EQ(from(small()).size(), 12);
}

TEST(TokenizerJsonSmall, MarkersCountOnlyFromTheTemplate) {
    const Tokenizer plain = from(small());
    EXPECT_THAT(plain.encode("a<think>a<s>"), ElementsAre(0, 6, 0, 6));  // letters without a token are left out
    EXPECT_THAT(plain.encode_with_special("a<think>a<s>"), ElementsAre(0, 9, 0, 8));
    EXPECT_THAT(plain.encode("USER:ü"), ElementsAre(10, 11));
    // That a template happens to spell a token makes no marker of it.
    const Tokenizer with_template = from(small(), Json{{"chat_template", "USER: {{ messages[0] }} ü"}});
    EXPECT_EQ(with_template.chat_template(), "USER: {{ messages[0] }} ü");
    EXPECT_FALSE(with_template.is_control(10));
    EXPECT_THAT(with_template.encode("USER:ü"), ElementsAre(10, 11));
    EXPECT_THAT(with_template.encode_with_special("USER:ü"), ElementsAre(10, 11));
}

TEST(TokenizerJsonSmall, MergesNeverMakeAControlToken) {
    Json json = small();
    json["model"]["vocab"]["<a"] = 12;
    json["model"]["vocab"]["<s>"] = 8;
    json["model"]["vocab"]["s>"] = 13;
    json["model"]["vocab"]["s"] = 14;
    json["model"]["vocab"][">"] = 15;
    json["model"]["merges"].push_back("s >");
    json["model"]["merges"].push_back("< s>");
    json["model"]["ignore_merges"] = true;
    json["pre_tokenizer"]["use_regex"] = false;
    EXPECT_THAT(from(json).encode("<s>"), ElementsAre(6, 13));
    EXPECT_THAT(from(json).encode_with_special("<s>"), ElementsAre(8));
}

Json replacing(const char* from, const std::string& to) {
    return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

// Each step doubles the text; forty of them would make a terabyte of a letter.
TEST(TokenizerJsonSmall, ANormalizerMakesAMultipleOfTheTextAtMost) {
    Json json = small();
    Json steps = Json::array();
    for (int i = 0; i < 4; ++i) steps.push_back(replacing("a", "aa"));
    json["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
    const std::string text(1000, 'a');
    EXPECT_EQ(from(json).encode(text).size(), 16'000u);
    for (int i = 0; i < 36; ++i) steps.push_back(replacing("a", "aa"));
    json["normalizer"]["normalizers"] = steps;
    const auto refused = [&](const char* sentence) {
        test::expect_error(base::ErrorCode::bad_file, sentence, [&] { (void)from(json).encode(text); });
    };
    refused("makes more than 16 bytes of each byte of a text");
    json["normalizer"] = replacing("a", std::string(1'000'000, 'b'));
    refused("makes more than 16 bytes of each byte of a text");
    json["normalizer"] = {
        {"type", "Replace"}, {"pattern", {{"Regex", "a|(?=a)"}}}, {"content", std::string(1'000, 'b')}};
    refused("makes more than 16 bytes of each byte of a text");
    json["normalizer"] = {{"type", "Prepend"}, {"prepend", std::string(100'000, 'b')}};
    refused("makes more than 16 bytes of each byte of a text");
}

/// A fixture with further added tokens.
Tokenizer with_added(const std::string& name, const std::vector<Json>& added) {
    Json json = base::read_json(ERGON_FIXTURES "/tokenizers/" + name + ".json");
    TokenId id = static_cast<TokenId>(load(name).size());
    for (const Json& own : added) {
        Json token = {{"id", id++},      {"single_word", false}, {"lstrip", false},
                      {"rstrip", false}, {"normalized", true},   {"special", false}};
        token.update(own);
        json["added_tokens"].push_back(token);
    }
    return Tokenizer::from_json(json.dump(), Json(), name);
}

// The ids are those of Hugging Face's tokenizers 0.23.3.
TEST(AddedTokens, ComeBeforeMetaspaceWhichIsAStepOfThePreTokenizer) {
    const std::vector<Json> added{{{"content", " x"}}, {{"content", "  "}}};
    const Tokenizer whole = with_added("metaspace", added);
    EXPECT_THAT(whole.encode("a x"), ElementsAre(64, 22, 556));
    EXPECT_THAT(whole.encode("a  b  "), ElementsAre(64, 22, 557, 23, 557));
    EXPECT_THAT(whole.encode("x x"), ElementsAre(64, 43, 556));
    const Tokenizer split = with_added("metaspace-split", added);
    EXPECT_THAT(split.encode("  b"), ElementsAre(557, 65, 22));
    EXPECT_THAT(split.encode("a  b  "), ElementsAre(65, 21, 557, 65, 22, 557));
}

TEST(AddedTokens, NothingShorterIsCutFromASingleWordThatIsNoWord) {
    const Tokenizer tokenizer =
        with_added("qwen2", {{{"content", "ab"}, {"normalized", false}},
                             {{"content", "abc"}, {"normalized", false}, {"single_word", true}}});
    EXPECT_THAT(tokenizer.encode("ab abc abcd"), ElementsAre(426, 220, 427, 220, 64, 65, 66, 67));
    EXPECT_THAT(tokenizer.encode("abcabc"), ElementsAre(64, 65, 66, 64, 65, 66));
}

TEST(TokenizerJsonSmall, StepsAreBounded) {
    Json json = small();
    const Json nothing = {{"type", "Sequence"}, {"normalizers", Json(65, replacing("x", "x"))}};
    json["normalizer"] = nothing;
    test::expect_error(base::ErrorCode::bad_file, "normalizer has more than 64 steps", [&] { (void)from(json); });
    json = small();
    const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
    json["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", Json(65, digits)}};
    test::expect_error(base::ErrorCode::bad_file, "pre_tokenizer has more than 64 steps", [&] { (void)from(json); });
}

TEST(TokenizerJsonSmall, TokensOfALongTextAreHandedOnAsTheyCome) {
    const Tokenizer tokenizer = from(small());
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += i % 7 == 0 ? "USER:" : i % 3 == 0 ? " ab" : "<s>c";
    for (const bool special : {false, true}) {
        std::vector<TokenId> all;
        std::size_t most = 0;
        tokenizer.stream(text, special, [&](std::span<const TokenId> some) {
            most = std::max(most, some.size());
            all.insert(all.end(), some.begin(), some.end());
        });
        EXPECT_EQ(all, special ? tokenizer.encode_with_special(text) : tokenizer.encode(text));
        EXPECT_LT(most, 100'000u);
        EXPECT_GT(all.size(), 200'000u);
    }
}

// With a callback, the library's parser takes a minute for as many objects.
TEST(TokenizerJsonSmall, ManyAddedTokensTakeLinearTime) {
    std::string tokens;
    for (int i = 0; i < 300'000; ++i) tokens += "{},";
    const std::string text = R"({"model": {}, "added_tokens": [)" + tokens + "{}]}";
    const base::Nanoseconds begin = base::now();
    test::expect_error(base::ErrorCode::bad_file, "small.added_tokens[0].id",
                       [&] { (void)Tokenizer::from_json(text, Json(), "small"); });
    EXPECT_LT((base::now() - begin).value(), 10'000'000'000);
}

TEST(TokenizerJsonSmall, BeginningAndEnd) {
    Json json = small();
    EXPECT_FALSE(from(json).adds_bos());
    EXPECT_EQ(from(json).bos(), std::nullopt);
    json["post_processor"] = base::parse_json(
        R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [8], "tokens": ["<s>"]}}})",
        "post");
    EXPECT_TRUE(from(json).adds_bos());
    EXPECT_EQ(from(json).bos(), 8);
    EXPECT_FALSE(from(json).adds_eos());
    const Tokenizer configured =
        from(json, Json{{"add_bos_token", false}, {"bos_token", {{"content", "<s>"}}}, {"eos_token", "<think>"}});
    EXPECT_FALSE(configured.adds_bos());
    EXPECT_EQ(configured.bos(), 8);
    EXPECT_EQ(configured.eos(), 9);
    EXPECT_TRUE(configured.ends_generation(9));
}

TEST(TokenizerJsonSmall, ReadsAFolder) {
    const test::TemporaryDirectory folder;
    folder.write("config.json", std::string_view("{}"));
    folder.write("tokenizer.json", small().dump());
    folder.write("tokenizer_config.json", std::string_view(R"({"eos_token": "<s>", "chat_template": "old"})"));
    folder.write("generation_config.json", std::string_view(R"({"eos_token_id": [9, 99999]})"));
    const Tokenizer tokenizer = Tokenizer::from_folder(formats::HfFolder::open(folder.path()));
    EXPECT_EQ(tokenizer.eos(), 8);
    EXPECT_TRUE(tokenizer.ends_generation(8));
    EXPECT_TRUE(tokenizer.ends_generation(9));
    EXPECT_EQ(tokenizer.chat_template(), "old");
    folder.write("chat_template.jinja", std::string_view("new"));
    EXPECT_EQ(Tokenizer::from_folder(formats::HfFolder::open(folder.path())).chat_template(), "new");
}

TEST(TokenizerJsonSmall, WhatIsNotUnderstoodIsAnError) {
    const auto refuse = [](const std::string& fragment, const std::function<void(Json&)>& change,
                           base::ErrorCode code = base::ErrorCode::unsupported) {
        Json json = small();
        change(json);
        test::expect_error(code, fragment, [&] { (void)from(json); });
    };
    const auto bad = base::ErrorCode::bad_file;
    refuse("key 'surprise'", [](Json& j) { j["surprise"] = 1; });
    refuse("key 'surprise'", [](Json& j) { j["model"]["surprise"] = 1; });
    refuse("key 'surprise'", [](Json& j) { j["pre_tokenizer"]["surprise"] = 1; });
    refuse("key 'surprise'", [](Json& j) { j["added_tokens"][0]["surprise"] = 1; });
    refuse("small.model: the type 'Unigram'", [](Json& j) { j["model"]["type"] = "Unigram"; });
    refuse("'Lowercase'", [](Json& j) { j["normalizer"] = {{"type", "Lowercase"}}; });
    refuse("'BertPreTokenizer'", [](Json& j) { j["pre_tokenizer"] = {{"type", "BertPreTokenizer"}}; });
    refuse("'RobertaProcessing'", [](Json& j) { j["post_processor"] = {{"type", "RobertaProcessing"}}; });
    refuse("'WordPiece'", [](Json& j) { j["decoder"] = {{"type", "WordPiece"}}; });
    refuse("byte-level", [](Json& j) { j["decoder"] = nullptr; });
    refuse("dropout is not supported", [](Json& j) { j["model"]["dropout"] = 0.1; });
    refuse("matches an empty text", [](Json& j) {
        j["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "x*"}}}, {"content", "-"}};
    });
    refuse("prefix or suffix", [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; });
    refuse("first step", [](Json& j) {
        Json step = j["pre_tokenizer"];
        step["add_prefix_space"] = true;
        j["pre_tokenizer"] = {{"type", "Sequence"},
                              {"pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}}, step}}};
    });
    refuse("is not supported", [](Json& j) {
        j["pre_tokenizer"] = {
            {"type", "Split"}, {"pattern", {{"Regex", "\\h"}}}, {"behavior", "Isolated"}, {"invert", false}};
    });
    refuse(
        "needs the token 'bc'", [](Json& j) { j["model"]["merges"].push_back("b c"); }, bad);
    refuse(
        "merge 3 is neither", [](Json& j) { j["model"]["merges"].push_back("abc"); }, bad);
    refuse(
        "merge 3 is neither", [](Json& j) { j["model"]["merges"].push_back(3); }, bad);
    refuse(
        "only 12 tokens",
        [](Json& j) {
            j["model"]["vocab"]["x"] = 2'000'000'000;
            j["model"]["vocab"].erase("c");
            j["model"]["merges"].clear();
        },
        bad);
    refuse(
        "expected a token id", [](Json& j) { j["model"]["vocab"]["a"] = -1; }, bad);
    refuse(
        "expected a token id", [](Json& j) { j["model"]["vocab"]["a"] = "0"; }, bad);
    refuse(
        "have the same id", [](Json& j) { j["model"]["vocab"]["x"] = 2; }, bad);
    refuse(
        "disagree about the id 2", [](Json& j) { j["added_tokens"][0]["id"] = 2; }, bad);
    refuse(
        "spelling of 0 bytes", [](Json& j) { j["added_tokens"][0]["content"] = ""; }, bad);
    refuse(
        "spelling of 2000 bytes", [](Json& j) { j["added_tokens"][0]["content"] = std::string(2000, 'x'); }, bad);
    refuse(
        "expected an object", [](Json& j) { j["model"] = 3; }, bad);
    refuse(
        "expected a list", [](Json& j) { j["model"]["merges"] = 3; }, bad);
    refuse(
        "small.model: expected an object", [](Json& j) { j.erase("model"); }, bad);
    refuse(
        "is not in the vocabulary", [](Json& j) { j["model"]["unk_token"] = "<unk>"; }, bad);
    test::expect_error(bad, "not valid JSON", [] { (void)Tokenizer::from_json("{\"model\": ", Json(), "small"); });
    test::expect_error(bad, "small nests deeper than 128 levels", [] {
        (void)Tokenizer::from_json(std::string(100'000, '[') + std::string(100'000, ']'), Json(), "small");
    });
}

}  // namespace
}  // namespace ergon::text
