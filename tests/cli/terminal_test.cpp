// Text from outside on its way to a terminal: no byte of it commands.

#include "cli/terminal.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Sets the clipboard, the window's title and the colour; clears the screen (as an 8-bit control, too); writes
// backwards.
const std::string hostile =
    "be\x1b]52;c;SGFja2Vk\x07"
    "fore\x1b]0;title\x1b\\\x1b[31mred\x1b[2J\xc2\x9b"
    "2J\xe2\x80\xaegnol\x08\x7f";
const std::string hostile_json =
    R"(be\u001b]52;c;SGFja2Vk\u0007fore\u001b]0;title\u001b\\\u001b[31mred\u001b[2J\u009b2J\u202egnol\b\u007f)";

/// No control character but lines' ends and tabs, no C1 control, nothing that turns the direction.
void expect_tame(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        EXPECT_TRUE((byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\t')
            << "byte " << int{byte} << " in " << text;
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        EXPECT_FALSE(byte == 0xC2 && next < 0xA0) << text;
    }
    EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(text, Not(HasSubstr("SGFja2Vk"))) << "whole sequences are gone";
}

std::string model_with_reply(const TemporaryFolder& folder, const std::string& reply_json) {
    folder.write("model/config.json",
                 fmt::format(R"({{"architectures": ["ErgonScripted"], "vocabulary": "{}", "context_length": 2048,
                                 "replies": [{{"asked": "", "reply": "{}"}}]}})",
                             fixture("vocab/smollm2.gguf"), reply_json));
    return (folder.path() / "model").string();
}

TEST(TerminalText, ErrorsShowWhatOthersWroteAndObeyNoneOfIt) {
    const TemporaryFolder folder;
    const std::string hi = folder.write("hi.json", R"([{"role": "user", "content": "Hi"}])");
    const std::string prompts =
        folder.write("p.jsonl", fmt::format(R"({{"id": "{}", "prompt": "2+2?", "answer": 4}})", hostile_json));
    const std::string bad_grader = folder.write(
        "g.jsonl", fmt::format(R"({{"id": "a", "prompt": "2+2?", "answer": 4, "grader": "{}"}})", hostile_json));
    const std::string raising = folder.write("raise.jinja", "{{ raise_exception(\"" + hostile + "\") }}");
    const std::string config =
        folder.write("folder/config.json",
                     fmt::format(R"({{"architectures": ["{}"], "model_type": "{}"}})", hostile_json, hostile_json));
    const std::string tokenizer =
        folder.write("words/tokenizer.json", fmt::format(R"({{"model": {{"type": "{}"}}}})", hostile_json));
    const std::string recipe = folder.write("r.toml", fmt::format("\"{}\" = 1\n", hostile_json));
    const std::vector<std::vector<std::string>> all{
        {hostile},
        {"run", "--" + hostile},
        {"inspect", "/no/" + hostile},
        {"run", hostile, "x"},
        {"template", raising, "--messages", hi},
        {"inspect", (folder.path() / "folder").string()},
        {"tokenize", (folder.path() / "words").string()},
        {"train", recipe},
        {"eval", fixture("scripted-plain"), "--prompts", bad_grader, "--results",
         (folder.path() / "g.sqlite").string()},
        {"report", folder.write(hostile.substr(0, 8) + ".sqlite", "no database")},
        {"meter", "--", hostile}};
    for (const auto& arguments : all) {
        SCOPED_TRACE(arguments[0]);
        const Outcome outcome = run_ergon(arguments, "x");
        EXPECT_NE(outcome.err + outcome.out, "");
        expect_tame(outcome.err);
        expect_tame(outcome.out);
    }
    // Its own words stay.
    EXPECT_THAT(run_ergon(all[2]).err, HasSubstr("be\u241bfore\u241b\u241bred\u241b<U+009B><U+202E>gnol\u2408\u2421"));
    const std::string long_name = "/no/" + std::string(100'000, 'x');
    EXPECT_LT(run_ergon({"inspect", long_name}).err.size(), 5000u);
    const std::vector<std::string> eval{"eval",           fixture("scripted-plain") + ":label=" + hostile,
                                        "--prompts",      prompts,
                                        "--idle-seconds", "0",
                                        "--sessions",     "1",
                                        "--results",      (folder.path() / "r.sqlite").string()};
    const Outcome table = run_ergon(eval);
    EXPECT_EQ(table.exit_code, 0) << table.err;
    expect_tame(table.out);
    expect_tame(table.err);
}

TEST(TerminalText, AnAnswerIsShownOnATerminalAndRawInAFile) {
    const TemporaryFolder folder;
    const std::string model = model_with_reply(folder, hostile_json);
    EXPECT_EQ(run_ergon({"run", model, "x"}).out, hostile + "\n");
    Terminal terminal({"run", model, "x"});
    const std::string seen = terminal.until("estimated");
    EXPECT_THAT(seen, HasSubstr("be\u241b"));
    EXPECT_THAT(seen, Not(HasSubstr("\x1b]")));
    EXPECT_THAT(seen, Not(HasSubstr("\x1b[31m")));
    EXPECT_THAT(seen, Not(HasSubstr("\x1b[2J")));
    EXPECT_THAT(seen, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(seen, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(TerminalText, AThoughtIsShownOnATerminal) {
    const TemporaryFolder folder;
    Terminal terminal({"run", model_with_reply(folder, "<think>" + hostile_json + "</think>done"), "x"});
    const std::string seen = terminal.until("estimated");
    EXPECT_THAT(seen, Not(HasSubstr("\x1b]")));
    EXPECT_THAT(seen, HasSubstr("be\u241b"));
}

TEST(TerminalText, LinesOfProgressNeverWrap) {
    const TemporaryFolder folder;
    std::string prompts;
    for (int i = 0; i < 200; ++i) prompts += fmt::format("{{\"prompt\": \"What is 2+2?\", \"id\": \"{}\"}}\n", i);
    const std::string label = "a long name of a model with 漢字漢字漢字漢字漢字漢字";
    Terminal terminal(
        {"eval", fixture("scripted-plain") + ":label=" + label, "--prompts", folder.write("p.jsonl", prompts),
         "--idle-seconds", "0", "--sessions", "1", "--results", (folder.path() / "r.sqlite").string()},
        {}, 41);
    const std::string renew = "\r\033[K";
    constexpr std::size_t columns = 40;
    int lines = 0;
    std::string seen = terminal.until("200/200 answers");
    for (std::size_t at = seen.find(renew); at != std::string::npos; at = seen.find(renew, at + 1)) {
        std::string line = seen.substr(at + renew.size(), seen.find_first_of("\r\n", at + 1) - at - renew.size());
        // Of the characters that several bytes make, all in the label, each takes two columns and three bytes.
        const auto wide = std::ranges::count_if(line, [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
        EXPECT_LE(line.size() - static_cast<std::size_t>(wide), columns) << line;
        ++lines;
    }
    EXPECT_GT(lines, 1);
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(TerminalText, BytesThatAreNoUtf8EndNothing) {
    const TemporaryFolder folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const std::string prompts = folder.write("p.jsonl", R"({"id": "a", "prompt": "What is 2+2?", "answer": 4})");
    const Outcome outcome =
        run_ergon({"compare", fixture("scripted-thinker") + ":label=a\xff", fixture("scripted-plain"), "--prompts",
                   prompts, "--idle-seconds", "0", "--sessions", "1", "--results", path("r.sqlite"), "--json-out",
                   path("f.json"), "--csv-out", path("f.csv"), "--html", path("f.html")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("json.exception")));
    const std::string said = "not valid UTF-8";
    const std::size_t once = outcome.err.find(said);
    EXPECT_NE(once, std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find(said, once + 1), std::string::npos) << "once";
    for (const char* file : {"f.json", "f.csv", "f.html"}) {
        EXPECT_THAT(read_file(path(file)), HasSubstr("a\ufffd")) << file;
        EXPECT_THAT(read_file(path(file)), Not(HasSubstr("\xff"))) << file;
    }
    const Outcome answer = run_ergon({"run", fixture("scripted-plain"), "capital of France \xff?"});
    EXPECT_EQ(answer.exit_code, 0) << answer.err;
    EXPECT_EQ(answer.out, "Paris.\n");
    EXPECT_THAT(answer.err, HasSubstr(said));
}

TEST(TerminalText, OneBadByteDoesNotEndAChat) {
    Terminal terminal({"run", fixture("scripted-thinker")});
    terminal.until("> ");
    terminal.type("What is the capital of France\xff?\n");
    terminal.until("**Paris**");
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

}  // namespace
}  // namespace ergon::cli
