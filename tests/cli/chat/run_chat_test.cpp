// ergon run on a terminal: a chat, and what Ctrl-C does to it.

#include <chrono>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program.h"
#include "cli/terminal.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;

TEST(Chat, GoesOnUntilTheInputEnds) {
    Terminal terminal({"run", fixture("scripted-thinker")});
    terminal.until("Ctrl-D leaves");
    terminal.until("> ");
    terminal.type("What is the capital of France?\n");
    const std::string answer = terminal.until("estimated");
    EXPECT_THAT(answer, HasSubstr("\033[2mThe question is about France.")) << "dim";
    EXPECT_THAT(answer, HasSubstr("\033[0m"));
    EXPECT_THAT(answer, HasSubstr("The capital of France is **Paris**."));
    terminal.until("> ");
    terminal.type("And what is 2+2?\n");
    EXPECT_THAT(terminal.until("\r\n4\r\n"), HasSubstr("Two and two make four."));
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, CtrlCLeavesWhereAQuestionIsAwaited) {
    Terminal terminal({"run", fixture("scripted-plain")});
    terminal.until("> ");
    terminal.type("\x03");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, SignalsToEndAreToldInTheExitCode) {
    for (const int signal : {SIGTERM, SIGHUP}) {
        Terminal terminal({"run", fixture("scripted-plain")});
        terminal.until("> ");
        kill(terminal.process(), signal);
        EXPECT_EQ(terminal.wait(), 128 + signal);
    }
}

TEST(Chat, CtrlCLeavesAfterHalfALine) {
    Terminal terminal({"run", fixture("scripted-plain")}, {"TERM=dumb"});
    terminal.until("> ");
    terminal.type("What is\x04");  // half a line, which Ctrl-D hands over
    terminal.until("What is");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    terminal.type("\x03");
    EXPECT_EQ(terminal.wait(), 0);
}

/// A model whose answer to anything but 2+2 takes far longer than a test.
std::string endless_model(const TemporaryFolder& folder) {
    std::string words;
    for (int i = 0; i < 20000; ++i) words += " word" + std::to_string(i);
    folder.write("config.json",
                 R"({"architectures": ["ErgonScripted"], "context_length": 1000000, "vocabulary": ")" +
                     fixture("vocab/smollm2.gguf") +
                     R"(", "replies": [{"asked": "2+2", "reply": "4"}, {"asked": "", "reply": "Beginning)" + words +
                     "\"}]}");
    return folder.path().string();
}

TEST(Chat, CtrlCStopsTheAnswerButNotTheChat) {
    const TemporaryFolder folder;
    Terminal terminal({"run", endless_model(folder), "--context", "200000"});
    terminal.until("> ");
    terminal.type("Go on\n");
    terminal.until("Beginning word0");
    terminal.type("\x03");
    terminal.until("answered");
    terminal.until("> ");
    terminal.type("What is 2+2?\n");
    terminal.until("4\r\n");
    terminal.until("> ");
    terminal.type("\x03");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, CtrlCEndsASingleAnswerWithWhatThereIs) {
    const TemporaryFolder folder;
    Terminal terminal({"run", endless_model(folder), "Go on", "--context", "200000"});
    terminal.until("Beginning word0");
    terminal.type("\x03");
    terminal.until("answered");
    EXPECT_EQ(terminal.wait(), 1);
}

/// Says what it was asked.
std::string listening_model(const TemporaryFolder& folder) {
    folder.write("config.json", R"({"architectures": ["ErgonScripted"], "context_length": 2048, "vocabulary": ")" +
                                    fixture("vocab/smollm2.gguf") +
                                    R"(", "replies": [{"asked": "first line\nsecond", "reply": "a block"},
                                        {"asked": "café", "reply": "an accent"}, {"asked": "漢字", "reply": "wide"},
                                        {"asked": "xaf\ufffd", "reply": "broken"}, {"asked": " /clear", "reply": "a slash"}, {"asked": "", "reply": "else"}]})");
    return folder.path().string();
}

TEST(Chat, AFullContextDropsTheOldestTurnAndSaysSo) {
    Terminal terminal({"run", fixture("scripted-plain"), "--context", "60", "--system", "Be brief."});
    terminal.until("> ");
    for (int i = 0; i < 3; ++i) {
        terminal.type("What is the capital of France?\n");
        const std::string seen = terminal.until("estimated");
        EXPECT_THAT(seen, HasSubstr("Paris."));
        EXPECT_EQ(seen.find("the oldest 2 turns of the conversation were dropped") != std::string::npos, i == 2)
            << seen;
        terminal.until("> ");
    }
    terminal.type("/system\n");
    terminal.until("The system message is: Be brief.");
    terminal.until("> ");
    std::string words = "Tell me of";
    for (int i = 0; i < 60; ++i) words += " time";
    terminal.type(words + "\n");
    EXPECT_THAT(terminal.until("raise --context."), HasSubstr("The prompt has "));
    terminal.until("> ");
    terminal.type("What is the capital of France?\n");
    terminal.until("Paris.");
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, CommandsAreListedAndUnknownOnesSaySo) {
    for (const char* kind : {"TERM=xterm", "TERM=dumb"}) {
        Terminal terminal({"run", fixture("scripted-plain")}, {kind});
        terminal.until("/help lists the commands");
        terminal.until("> ");
        terminal.type("/help\n");
        const std::string help = terminal.until("is one message");
        for (const char* command : {"/help", "/clear", "/system [TEXT]", "/save FILE", "/exit", "/quit"}) {
            EXPECT_THAT(help, HasSubstr(command));
        }
        terminal.until("> ");
        terminal.type("/hlep\n");
        terminal.until("There is no command /hlep. The commands are /help, /clear, ");
        terminal.until("> ");
        terminal.type("/quit\n");
        EXPECT_EQ(terminal.wait(), 0);
    }
}

TEST(Chat, ASystemMessageIsSetAndAClearedConversationKeepsIt) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "chat.json").string();
    Terminal terminal({"run", fixture("scripted-plain")});
    terminal.until("> ");
    terminal.type("/system Be brief.\n");
    terminal.until("The system message is set");
    terminal.until("> ");
    terminal.type("What is 2+2?\n");
    terminal.until("4\r\n");
    terminal.until("> ");
    terminal.type("/clear\n");
    terminal.until("The conversation is cleared; the system message stays.");
    terminal.until("> ");
    terminal.type("/save " + file + "\n");
    terminal.until("Saved a conversation with 0 answers");
    terminal.until("> ");
    terminal.type("/exit\n");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(nlohmann::json::parse(read_file(file))["messages"],
              nlohmann::json::parse(R"([{"role": "system", "content": "Be brief."}])"));
}

TEST(Chat, AConversationIsSavedButNotOverAnotherFile) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "chat.json").string(), other = folder.write("other.json", "precious");
    Terminal terminal({"run", fixture("scripted-thinker")});
    terminal.until("> ");
    terminal.type("What is 2+2?\n");
    terminal.until("estimated");
    for (const auto& [name, said] : {std::pair{other, "exists already; choose another name."},
                                     {file, "Saved a conversation with 1 answer to "},
                                     {file, "in place of what was saved before."},
                                     {folder.path().string() + "/no/such/file", "no/such"}}) {
        terminal.until("> ");
        terminal.type("/save " + name + "\n");
        terminal.until("\n");
        terminal.until(said);
    }
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(read_file(other), "precious");
    EXPECT_EQ(nlohmann::json::parse(read_file(file)),
              nlohmann::json::parse(R"({"model": "scripted-thinker", "messages": [
                  {"role": "user", "content": "What is 2+2?"},
                  {"role": "assistant", "content": "4", "thinking": "Two and two make four."}]})"));
    EXPECT_EQ(run_ergon({"template", fixture("vocab/smollm2.gguf"), "--messages", file}).exit_code, 0);
}

TEST(Chat, EndsWithATotal) {
    Terminal terminal({"run", fixture("scripted-plain"), "--price", "0.30EUR/kWh"});
    for (int i = 0; i < 2; ++i) {
        terminal.until("> ");
        terminal.type("What is 2+2?\n");
        terminal.until("estimated");
    }
    terminal.until("> ");
    terminal.type("\x04");
    const std::string seen = terminal.until("EUR");
    EXPECT_THAT(seen, ::testing::ContainsRegex("Total of 2 answers in [0-9.]+ s: [0-9]+ tokens read, 2 answered; "
                                               "[0-9.]+ J, between [0-9.]+ and [0-9.]+, estimated"));
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, APastedBlockIsOneMessage) {
    const TemporaryFolder folder;
    Terminal terminal({"run", listening_model(folder)});
    terminal.until("\033[?2004h");
    terminal.until("> ");
    terminal.type("\033[200~first line\rsecond line\r\033[201~");
    terminal.until("second line");
    terminal.type("\n");
    terminal.until("\033[?2004l");
    terminal.until("a block\r\n");
    terminal.until("> ");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, LinesAreEditedAndRemembered) {
    const TemporaryFolder folder;
    Terminal terminal({"run", listening_model(folder)}, {"LC_ALL=C"});
    const auto answers = [&](const std::string& keys, const std::string& answer) {
        terminal.until("> ");
        terminal.type(keys);
        terminal.until(answer + "\r\n");
    };
    answers("cafe\x7fé\n", "an accent");
    answers("漢字x\x7f\n", "wide");
    answers("\033[A\033[A\n", "an accent");          // up, up
    answers("caf\x01x\033[3~\x05\303\n", "broken");  // half a character is none
    answers(" /clear\n", "a slash");
    terminal.until("> ");
    terminal.type("half a line");
    terminal.until("half a line");
    terminal.type("\x03");  // dropped
    answers("café\n", "an accent");
    terminal.until("> ");
    terminal.type("\x03");
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Chat, WithoutColoursThoughtAndAnswerHaveHeadings) {
    for (const auto& environment : {std::vector<std::string>{"NO_COLOR=1"}, {"TERM=dumb"}}) {
        Terminal terminal({"run", fixture("scripted-thinker"), "What is 2+2?"}, environment);
        const std::string seen = terminal.until("estimated");
        EXPECT_THAT(seen, HasSubstr("[thinking]\r\nTwo and two make four.\r\n[answer]\r\n4\r\n"));
        EXPECT_THAT(seen, ::testing::Not(HasSubstr("\033")));
        EXPECT_EQ(terminal.wait(), 0);
    }
}

}  // namespace
}  // namespace ergon::cli
