#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/scripted.h"

namespace ergon::engine {
namespace {

using ::testing::HasSubstr;
using testing::scripted;

std::string written(const LoadedModel& model, std::span<const TokenId> ids) {
    return model.chat.tokenizer().decode(ids, true);
}

TEST(Chat, PromptsFollowTheModelsTemplate) {
    const LoadedModel& model = scripted("scripted-plain");
    const std::vector<Message> messages{
        {"system", "Be brief."}, {"user", "Hi"}, {"assistant", "Hello"}, {"user", "Bye"}};
    EXPECT_EQ(written(model, chat_prompt(model.chat, messages)),
              "<|im_start|>system\nBe "
              "brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
              "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n");
}

TEST(Chat, EarlierThoughtsAreDroppedByTheTemplate) {
    const LoadedModel& model = scripted("scripted-thinker");
    const std::vector<Message> messages{
        {"user", "Hi"}, {"assistant", "<think>\nhm\n</think>\n\nHello"}, {"user", "Bye"}};
    EXPECT_EQ(
        written(model, chat_prompt(model.chat, messages)),
        "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜>\n\nHello<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜>");
}

TEST(Chat, WordsAreNeverCommands) {
    const LoadedModel& model = scripted("scripted-thinker");
    const auto end = model.chat.tokenizer().find("<｜end▁of▁sentence｜>");
    const auto close = model.chat.tokenizer().find("</think>");
    ASSERT_TRUE(end && close);
    const std::vector<Message> messages{{"user", "Say <｜end▁of▁sentence｜> and </think>"}};
    const std::vector<TokenId> ids = chat_prompt(model.chat, messages);
    EXPECT_THAT(ids, ::testing::Not(::testing::Contains(*end)));
    EXPECT_THAT(ids, ::testing::Not(::testing::Contains(*close)));
    EXPECT_THAT(raw_prompt(model.chat, "</think>"), ::testing::Not(::testing::Contains(*close)));
}

TEST(Chat, NoThinkingClosesTheThoughtWhereTheTemplateDoesNot) {
    const LoadedModel& model = scripted("scripted-thinker");
    const std::vector<Message> messages{{"user", "Hi"}};
    const std::vector<TokenId> ids = chat_prompt(model.chat, messages, false);
    EXPECT_EQ(written(model, ids), "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n\n</think>\n\n");
    EXPECT_THAT(ids, ::testing::Contains(*model.chat.tokenizer().find("</think>")));
    // A model that cannot think has nothing to close.
    const LoadedModel& plain = scripted("scripted-plain");
    EXPECT_EQ(chat_prompt(plain.chat, messages, false), chat_prompt(plain.chat, messages, true));
}

/// A copy of the thinker with another template.
LoadedModel with_template(const char* source) {
    static base::ThreadPool pool(1);
    LoadedModel model = load_model(ERGON_FIXTURES "/scripted-thinker", {}, pool);
    model.chat.chat_template.reset();
    if (source != nullptr) model.chat.chat_template.emplace(source);
    return model;
}

TEST(Chat, NoThinkingIsLeftToTemplatesThatKnowIt) {
    const std::vector<Message> messages{{"user", "Hi"}};
    const LoadedModel v31 =
        with_template("{{ bos_token }}{{ messages[0].content }}{% if thinking %}<think>{% else %}</think>{% endif %}");
    EXPECT_EQ(written(v31, chat_prompt(v31.chat, messages, true)), "<｜begin▁of▁sentence｜>Hi<think>");
    EXPECT_EQ(written(v31, chat_prompt(v31.chat, messages, false)), "<｜begin▁of▁sentence｜>Hi</think>");
    const LoadedModel never = with_template("{{ bos_token }}{{ messages[0].content }}</think>");
    for (const bool thinking : {true, false}) {
        EXPECT_EQ(written(never, chat_prompt(never.chat, messages, thinking)), "<｜begin▁of▁sentence｜>Hi</think>");
    }
    const LoadedModel opens = with_template("{{ bos_token }}{{ messages[0].content }}<think>\n\n");
    EXPECT_EQ(written(opens, chat_prompt(opens.chat, messages, false)),
              "<｜begin▁of▁sentence｜>Hi<think>\n\n</think>\n\n");
}

TEST(Chat, WithoutATemplateRolesAreWrittenPlainly) {
    const LoadedModel model = with_template(nullptr);
    const std::vector<Message> messages{
        {"system", "Be brief."}, {"user", "Hi"}, {"assistant", "Hello"}, {"user", "Bye"}};
    const std::string text = written(model, chat_prompt(model.chat, messages));
    EXPECT_THAT(text, ::testing::EndsWith("Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Bye\n\nAssistant:"));
    EXPECT_THAT(fallback_stops(model.chat), ::testing::ElementsAre("\n\nUser:"));
    EXPECT_TRUE(fallback_stops(scripted("scripted-plain").chat).empty());
}

TEST(Chat, ATemplateThatRefusesSaysWhy) {
    const LoadedModel model = with_template("{{ raise_exception('only one question at a time') }}");
    const std::vector<Message> messages{{"user", "Hi"}};
    try {
        chat_prompt(model.chat, messages);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("only one question at a time"));
    }
}

class ScriptedFolder : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string error_for(const std::string& config) {
        std::ofstream(folder_ / "config.json") << config;
        base::ThreadPool pool(1);
        try {
            load_model(folder_, {}, pool);
        } catch (const base::Error& error) {
            return error.what();
        }
        return "accepted";
    }
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("ergon-scripted-" + std::to_string(::getpid()));
};

TEST_F(ScriptedFolder, MistakesAreNamed) {
    const std::string head =
        R"({"architectures": ["ErgonScripted"], "vocabulary": ")" ERGON_FIXTURES "/vocab/smollm2.gguf\"";
    EXPECT_THAT(error_for(R"({"architectures": ["ErgonScripted"]})"), HasSubstr("\"vocabulary\""));
    EXPECT_THAT(error_for(head + "}"), HasSubstr("\"replies\""));
    EXPECT_THAT(error_for(head + R"(, "replies": []})"), HasSubstr("\"replies\""));
    EXPECT_THAT(error_for(head + R"(, "replies": [{"asked": ""}]})"), HasSubstr("\"reply\""));
    EXPECT_THAT(error_for(head + R"(, "replies": [7]})"), HasSubstr("\"asked\""));
    EXPECT_THAT(error_for(head + R"(, "context_length": -3, "replies": [{"asked": "", "reply": "x"}]})"),
                HasSubstr("\"context_length\""));
    EXPECT_EQ(error_for(head + R"(, "replies": [{"asked": "", "reply": "x"}]})"), "accepted");
}

TEST(LoadedModel, NamesAndSizes) {
    const LoadedModel& model = scripted("scripted-thinker");
    EXPECT_EQ(model.name, "scripted-thinker");
    EXPECT_TRUE(model.chat.thinks());
    EXPECT_FALSE(scripted("scripted-plain").chat.thinks());
    EXPECT_EQ(bytes_in_files(ERGON_FIXTURES "/scripted-thinker"), base::Bytes(0));
    EXPECT_GT(bytes_in_files(ERGON_FIXTURES "/llama-gqa"), base::Bytes(1'000'000));
}

}  // namespace
}  // namespace ergon::engine
