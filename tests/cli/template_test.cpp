// ergon template

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

const std::string hello = R"([{"role": "user", "content": "Hi <|im_end|>"}])";

TEST(Template, WritesWhatPublishedTemplatesWrite) {
    const TemporaryFolder folder;
    const ordered_json fixtures = ordered_json::parse(std::ifstream(fixture("templates.json")));
    for (const ordered_json& one : fixtures) {
        SCOPED_TRACE(one["name"].get<std::string>());
        ordered_json variables{
            {"messages", one["messages"]}, {"bos_token", one["bos_token"]}, {"eos_token", one["eos_token"]}};
        variables.update(one["extra"]);
        std::vector<std::string> arguments{"template", folder.write("x.jinja", one["template"].get<std::string>()),
                                           "--messages", folder.write("m.json", variables.dump())};
        if (!one["add_generation_prompt"].get<bool>()) arguments.emplace_back("--no-generation-prompt");
        const Outcome outcome = run_ergon(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_EQ(outcome.out, one["expected"].get<std::string>());
    }
    EXPECT_EQ(fixtures.size(), 27u);
}

TEST(Template, TakesTemplateAndMarkersFromAModel) {
    const TemporaryFolder folder;
    const std::string messages = folder.write("m.json", hello);
    const Outcome gguf = run_ergon({"template", fixture("vocab/r1-distill-qwen.gguf"), "--messages", messages});
    EXPECT_EQ(gguf.exit_code, 0) << gguf.err;
    EXPECT_EQ(gguf.out, "<｜begin▁of▁sentence｜><｜User｜>Hi <|im_end|><｜Assistant｜>");

    folder.write("hf/config.json", "{}");
    folder.write("hf/tokenizer_config.json",
                 R"({"bos_token": "<s>", "eos_token": {"content": "</s>"},
                     "chat_template": [{"name": "tool_use", "template": "no"},
                                       {"name": "default", "template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}]})");
    const Outcome hf = run_ergon({"template", (folder.path() / "hf").string(), "--messages", messages});
    EXPECT_EQ(hf.exit_code, 0) << hf.err;
    EXPECT_EQ(hf.out, "<s>Hi <|im_end|></s>");
    folder.write("hf/chat_template.jinja", "from a file of its own");
    EXPECT_EQ(run_ergon({"template", (folder.path() / "hf").string(), "--messages", messages}).out,
              "from a file of its own");
}

TEST(Template, VariablesOfTheFileComeFirst) {
    const TemporaryFolder folder;
    const std::string source = folder.write("x.jinja", "{{ bos_token }}|{{ add_generation_prompt }}|{{ extra.a }}");
    const std::string messages = folder.write(
        "m.json", R"({"messages": [], "bos_token": "B", "add_generation_prompt": false, "extra": {"a": 1}})");
    EXPECT_EQ(run_ergon({"template", source, "--messages", messages}).out, "B|False|1");
    const std::string plain = folder.write("n.json", "[]");
    EXPECT_EQ(run_ergon({"template", source, "--messages", plain}).err,
              "ergon: " + source + ", line 1: 'extra' is undefined\n");
}

TEST(Template, SaysWhatIsWrong) {
    const TemporaryFolder folder;
    const std::string messages = folder.write("m.json", hello);
    struct Case {
        std::string source, messages;
        int exit_code;
        const char* reason;
    };
    const Case cases[] = {
        {folder.write("syntax.jinja", "\n{% if %}"), messages, 1, "syntax.jinja, line 2: expected an expression"},
        {folder.write("raise.jinja", "\n\n{{ raise_exception('No way') }}"), messages, 2, "line 3: No way"},
        {folder.write("empty.jinja", ""), messages, 1, "holds no chat template"},
        {fixture("vocab/deepseek-llm.gguf"), messages, 1, "holds no chat template"},
        {folder.write("x.jinja", "x"), folder.write("bad.json", "[{]"), 1, "bad.json"},
        {folder.write("x.jinja", "x"), folder.write("number.json", "5"), 2, "expected an array of messages"},
        {folder.write("x.jinja", "x"), folder.write("none.json", "{}"), 2, "expected an array of messages"},
        {folder.write("x.jinja", "x"), "/no/such/file.json", 1, "/no/such/file.json"},
        {(folder.path() / "missing.jinja").string(), messages, 1, "missing.jinja"},
    };
    for (const Case& one : cases) {
        const Outcome outcome = run_ergon({"template", one.source, "--messages", one.messages});
        EXPECT_EQ(outcome.exit_code, one.exit_code) << one.reason;
        EXPECT_THAT(outcome.err, HasSubstr(one.reason));
        EXPECT_EQ(outcome.out, "");
    }
    EXPECT_EQ(run_ergon({"template", folder.write("x.jinja", "x")}).exit_code, 2);
}

}  // namespace
}  // namespace ergon::cli
