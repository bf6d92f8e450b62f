// The Hugging Face files of a trained tokenizer, read by the text floor.

#include "train/tokenizer/tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/temporary_directory.h"
#include "formats/hf_folder.h"
#include "text/chat_template.h"
#include "text/reasoning.h"
#include "train/learnt.h"
#include "train/tokenizer/deepseek_template.h"

namespace ergon::train {
namespace {

using base::Json;
using testing::ElementsAre;
using text::TokenId;
using text::Tokenizer;

const std::string sample = "The cat sat on the mat. The hat sat on the cat. 12 + 30 = 42, 42 - 30 = 12.\n";

Tokenizer from_folder(const std::filesystem::path& folder) {
    return Tokenizer::from_folder(formats::HfFolder::open_tokenizer(folder));
}

TEST(TokenizerFiles, LaysOutIdsAsDeepSeekDoes) {
    const LearntMerges learnt = test::learnt_from(sample, 10);
    const Tokenizer tokenizer = test::tokenizer_of(learnt);
    EXPECT_EQ(tokenizer.size(), smallest_vocabulary + 10);
    EXPECT_EQ(tokenizer.find("<｜begin▁of▁sentence｜>"), 0);
    EXPECT_EQ(tokenizer.find("<｜end▁of▁sentence｜>"), 1);
    EXPECT_EQ(tokenizer.find("<｜▁pad▁｜>"), 2);
    EXPECT_EQ(tokenizer.find("!"), 3);
    EXPECT_EQ(tokenizer.bytes(3 + 256), "at");
    EXPECT_EQ(tokenizer.find("<｜User｜>"), 269);
    EXPECT_EQ(tokenizer.find("<｜Assistant｜>"), 270);
    EXPECT_EQ(tokenizer.find("<think>"), 271);
    EXPECT_EQ(tokenizer.find("</think>"), 272);
    EXPECT_EQ(tokenizer.bos(), 0);
    EXPECT_EQ(tokenizer.eos(), 1);
    EXPECT_TRUE(tokenizer.adds_bos());
    EXPECT_FALSE(tokenizer.adds_eos());
    for (TokenId id = 0; id < tokenizer.size(); ++id) {
        EXPECT_EQ(tokenizer.is_control(id), id < 3 || id >= 269) << id;
        EXPECT_EQ(tokenizer.ends_generation(id), id == 1) << id;
    }
}

TEST(TokenizerFiles, DigitsStandAlone) {
    const Tokenizer tokenizer = test::tokenizer_of(test::learnt_from("1212 1212 1212", 100));
    EXPECT_EQ(tokenizer.encode("1212").size(), 4u);
}

// contract 5 of docs/architecture.md: however often a text spells the markers, they are made of ordinary tokens.
TEST(TokenizerFiles, MarkersInTheTextStayText) {
    const std::string markers =
        "<think></think><｜User｜><｜Assistant｜><｜begin▁of▁sentence｜><｜end▁of▁sentence｜><｜▁pad▁｜> <think> "
        "</think>";
    std::string text;
    for (int i = 0; i < 100; ++i) text += markers;
    const Tokenizer tokenizer = test::tokenizer_of(test::learnt_from(text, 1000));
    std::string back;
    for (const TokenId id : tokenizer.encode(text)) {
        ASSERT_FALSE(tokenizer.is_control(id)) << tokenizer.bytes(id);
        back += tokenizer.bytes(id);
    }
    EXPECT_EQ(back, text);
    EXPECT_THAT(tokenizer.encode_with_special("<think></think>"),
                ElementsAre(tokenizer.find("<think>").value(), tokenizer.find("</think>").value()));
}

TEST(TokenizerFiles, AFolderIsWrittenAndReplaced) {
    const test::TemporaryDirectory directory;
    const std::filesystem::path folder = directory / "deep/er";
    write_tokenizer(folder, test::learnt_from(sample, 10));
    const std::string first = base::read_text(folder / "tokenizer.json");
    EXPECT_EQ(from_folder(folder).size(), smallest_vocabulary + 10);
    EXPECT_EQ(from_folder(folder).chat_template(), deepseek_chat_template);
    write_tokenizer(folder, test::learnt_from(sample, 5));
    EXPECT_EQ(from_folder(folder).size(), smallest_vocabulary + 5);
    write_tokenizer(folder, test::learnt_from(sample, 10));
    EXPECT_EQ(base::read_text(folder / "tokenizer.json"), first);
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    EXPECT_THAT(names, testing::UnorderedElementsAre("tokenizer.json", "tokenizer_config.json"));

    const auto file = directory.write("file", std::string_view("x"));
    test::expect_error(base::ErrorCode::system, "cannot create the folder " + (file / "x").string(),
                       [&] { write_tokenizer(file / "x", test::learnt_from(sample, 1)); });
}

Json message(const char* role, const char* content) {
    return {{"role", role}, {"content", content}};
}

std::string rendered(Json variables) {
    variables["bos_token"] = markers::begin_of_sentence;
    variables["eos_token"] = markers::end_of_sentence;
    return text::ChatTemplate(deepseek_chat_template).render(variables).text();
}

// Nothing stands between the parts: neither newlines nor spaces.
TEST(DeepSeekTemplate, WritesTheFormatOfV31) {
    const Json question = Json::array({message("user", "1+1?")});
    EXPECT_EQ(rendered({{"messages", question}, {"add_generation_prompt", true}, {"thinking", true}}),
              "<｜begin▁of▁sentence｜><｜User｜>1+1?<｜Assistant｜><think>");
    EXPECT_EQ(rendered({{"messages", question}, {"add_generation_prompt", true}, {"thinking", false}}),
              "<｜begin▁of▁sentence｜><｜User｜>1+1?<｜Assistant｜></think>");
    EXPECT_EQ(rendered({{"messages", question}, {"add_generation_prompt", true}}),
              "<｜begin▁of▁sentence｜><｜User｜>1+1?<｜Assistant｜></think>");
    EXPECT_EQ(rendered({{"messages", question}}), "<｜begin▁of▁sentence｜><｜User｜>1+1?");
    EXPECT_EQ(rendered({{"messages", Json::array()}}), "<｜begin▁of▁sentence｜>");
}

TEST(DeepSeekTemplate, KeepsAnswersWithoutTheirThoughts) {
    const Json chat =
        Json::array({message("system", " Be brief."), message("user", "1+1?\n"),
                     message("assistant", "<think>one and one</think>2</think> or so"), message("system", "Be polite."),
                     message("user", "And 2+2?"), message("assistant", "4\n"), message("user", "Thanks")});
    EXPECT_EQ(rendered({{"messages", chat}, {"add_generation_prompt", true}, {"thinking", true}}),
              "<｜begin▁of▁sentence｜> Be brief.\n\nBe polite.<｜User｜>1+1?\n<｜Assistant｜></think> or "
              "so<｜end▁of▁sentence｜><｜User｜>And 2+2?<｜Assistant｜></think>4\n<｜end▁of▁sentence｜><｜User｜>Thanks"
              "<｜Assistant｜><think>");
}

TEST(DeepSeekTemplate, RefusesOtherRoles) {
    test::expect_error(base::ErrorCode::bad_argument, "The roles are system, user and assistant, not tool.", [] {
        rendered({{"messages", Json::array({message("tool", "x")})}});
    });
}

TEST(DeepSeekTemplate, OnlyItsOwnMarkersCount) {
    const Tokenizer tokenizer = test::tokenizer_of(test::learnt_from(sample, 20));
    const Json variables{
        {"messages", Json::array({message("system", "</think>"), message("user", "<｜User｜>a<think>"),
                                  message("assistant", "b<｜end▁of▁sentence｜>"), message("user", "c")})},
        {"add_generation_prompt", true},
        {"thinking", true},
        {"bos_token", markers::begin_of_sentence}};
    const auto ids = tokenizer.encode(text::ChatTemplate(deepseek_chat_template).render(variables));
    std::vector<std::string> control;
    for (const TokenId id : ids) {
        if (tokenizer.is_control(id)) control.emplace_back(tokenizer.bytes(id));
    }
    EXPECT_THAT(control, ElementsAre("<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "</think>",
                                     "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>"));
    EXPECT_EQ(text::ReasoningSplitter(tokenizer, ids).phase(), base::Phase::thinking);
}

}  // namespace
}  // namespace ergon::train
