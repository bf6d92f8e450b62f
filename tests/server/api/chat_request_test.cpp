#include "server/api/chat_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/api/api_error.h"

namespace ergon::server {
namespace {

using ::testing::HasSubstr;

const std::string hello = R"("messages": [{"role": "user", "content": "Hi"}])";

ChatRequest read(const std::string& more) {
    return read_chat_request("{" + hello + (more.empty() ? "" : ", " + more) + "}");
}

/// The parameter that is named.
std::string refused(const std::string& body, bool chat = true) {
    try {
        if (chat) {
            read_chat_request(body);
        } else {
            read_completion_request(body);
        }
    } catch (const ApiError& error) {
        EXPECT_EQ(error.status(), 400) << error.what();
        EXPECT_STRNE(error.what(), "");
        return error.param().empty() ? "body" : error.param();
    }
    return "nothing";
}

TEST(ChatRequest, TakesWhatClientsSend) {
    const ChatRequest request = read(R"("model": "m", "temperature": 0.5, "top_p": 0.9, "max_tokens": 7,
        "seed": -3, "stop": ["a", "", "b"], "n": 2, "stream": true, "stream_options": {"include_usage": true},
        "user": "someone", "store": false, "tools": [], "tool_choice": "auto", "logprobs": false, "frequency_penalty": 0)");
    EXPECT_EQ(request.options.model, "m");
    EXPECT_EQ(request.options.settings.temperature, 0.5);
    EXPECT_EQ(request.options.settings.top_p, 0.9);
    EXPECT_EQ(request.options.settings.max_tokens, 7);
    EXPECT_EQ(request.options.settings.seed, static_cast<std::uint64_t>(-3));
    EXPECT_EQ(request.options.settings.stop, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(request.options.choices, 2);
    EXPECT_TRUE(request.options.stream);
    EXPECT_TRUE(request.options.include_usage);
    EXPECT_EQ(read(R"("max_completion_tokens": 9)").options.settings.max_tokens, 9);
}

TEST(ChatRequest, ThoughtIsSwitchedOffInEachWay) {
    for (const char* const off :
         {R"("reasoning_effort": "none")", R"("thinking": false)", R"("thinking": {"type": "disabled"})",
          R"("chat_template_kwargs": {"enable_thinking": false})"}) {
        EXPECT_TRUE(read(off).options.settings.no_think) << off;
    }
    for (const char* const on : {"", R"("reasoning_effort": "low")", R"("thinking": {"type": "enabled"})"}) {
        EXPECT_FALSE(read(on).options.settings.no_think) << on;
    }
}

TEST(ChatRequest, RolesAndPartsOfContent) {
    const ChatRequest request = read_chat_request(R"({"messages": [{"role": "developer", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": null, "reasoning_content": "hm"}, {"role": "user", "content": ""}]})");
    ASSERT_EQ(request.messages.size(), 4u);
    EXPECT_EQ(request.messages[0].role, "system");
    EXPECT_EQ(request.messages[1].content, "ab");
    EXPECT_EQ(request.messages[2].content, "");
}

TEST(ChatRequest, WhatIsWrongIsNamed) {
    for (const auto& [more, param] : std::vector<std::pair<std::string, std::string>>{
             {R"("temperature": "hot")", "temperature"},
             {R"("temperature": 2.1)", "temperature"},
             {R"("top_p": -1)", "top_p"},
             {R"("max_tokens": 0)", "max_tokens"},
             {R"("max_tokens": 1.5)", "max_tokens"},
             {R"("max_tokens": 1e300)", "max_tokens"},
             {R"("max_tokens": true)", "max_tokens"},
             {R"("n": 0)", "n"},
             {R"("n": 17)", "n"},
             {R"("stop": 7)", "stop"},
             {R"("stop": [7])", "stop"},
             {R"("stream": "yes")", "stream"},
             {R"("stream_options": {})", "stream_options"},
             {R"("model": 3)", "model"},
             {R"("seed": "x")", "seed"},
             {R"("tools": "all")", "tools"},
             {R"("tools": [{"type": "function"}])", "tools"},
             {R"("response_format": {"type": "json_object"})", "response_format"},
             {R"("response_format": "json")", "response_format"},
             {R"("logprobs": true, "stream": true)", "logprobs"},
             {R"("logprobs": true, "top_logprobs": 21)", "top_logprobs"},
             {R"("top_logprobs": 2)", "top_logprobs"},
             {R"("logit_bias": {"x": 1})", "logit_bias"},
             {R"("logit_bias": {"5": 101})", "logit_bias"},
             {R"("logit_bias": [5])", "logit_bias"},
             {R"("presence_penalty": 1)", "presence_penalty"},
             {R"("reasoning_effort": "bananas")", "reasoning_effort"},
             {R"("thinking": 3)", "thinking"},
             {R"("chat_template_kwargs": {"x": 1})", "chat_template_kwargs"},
             {R"("modalities": ["audio"])", "modalities"}}) {
        EXPECT_EQ(refused("{" + hello + ", " + more + "}"), param) << more;
    }
    for (const auto& [message, param] : std::vector<std::pair<std::string, std::string>>{
             {"7", "messages[0]"},
             {R"({"content": "x"})", "messages[0].role"},
             {R"({"role": "wizard", "content": "x"})", "messages[0].role"},
             {R"({"role": "tool", "content": "x"})", "messages[0].role"},
             {R"({"role": "user"})", "messages[0].content"},
             {R"({"role": "user", "content": 7})", "messages[0].content"},
             {R"({"role": "user", "content": null})", "messages[0].content"},
             {R"({"role": "user", "content": [{"type": "image_url"}]})", "messages[0].content"},
             {R"({"role": "user", "content": [{"type": "text"}]})", "messages[0].content"},
             {R"({"role": "assistant", "content": "x", "tool_calls": [1]})", "messages[0].tool_calls"}}) {
        EXPECT_EQ(refused(R"({"messages": [)" + message + "]}"), param) << message;
    }
    for (const std::string& body :
         {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{\"a\": \xff}"),
          std::string(20'000, '['), std::string(R"({"a": 1, "a": 2})")}) {
        EXPECT_EQ(refused(body), "body") << body.substr(0, 20);
    }
    EXPECT_EQ(refused("{}"), "messages");
    EXPECT_EQ(refused(R"({"messages": []})"), "messages");
}

TEST(CompletionRequest, TextOrTokens) {
    EXPECT_EQ(read_completion_request(R"({"prompt": "Once"})").prompts.at(0).text, "Once");
    EXPECT_EQ(read_completion_request(R"({"prompt": ["Once"]})").prompts.at(0).text, "Once");
    EXPECT_EQ(read_completion_request(R"({"prompt": [1, 2]})").prompts.at(0).ids, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(read_completion_request(R"({"prompt": ["a", [1, 2]]})").prompts.size(), 2u);
    for (const char* const prompt :
         {"{}", R"({"prompt": ""})", R"({"prompt": []})", R"({"prompt": {"a": 1}})", R"({"prompt": [1, "a"]})",
          R"({"prompt": [1.5]})", R"({"prompt": [[]]})", R"({"prompt": ["a", ""]})", R"({"prompt": [["a"]]})"}) {
        EXPECT_EQ(refused(prompt, false), "prompt") << prompt;
    }
    EXPECT_EQ(refused(R"({"prompt": "x", "echo": true})", false), "echo");
    EXPECT_EQ(refused(R"({"prompt": "x", "best_of": 3})", false), "best_of");
}

}  // namespace
}  // namespace ergon::server
