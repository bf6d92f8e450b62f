// ergon run on a terminal: a chat, and what Ctrl-C does to it.

#include <chrono>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
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
    Terminal terminal({"run", fixture("scripted-plain")});
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

TEST(Chat, AFullContextBeginsTheConversationAnew) {
    Terminal terminal({"run", fixture("scripted-plain"), "--context", "48"});
    terminal.until("> ");
    for (int i = 0; i < 2; ++i) {
        terminal.type("What is the capital of France?\n");
        terminal.until(i == 0 ? "Paris." : "The conversation begins anew.");
        terminal.until("> ");
    }
    terminal.type("What is the capital of France?\n");
    terminal.until("Paris.");
    terminal.type("\x04");
    EXPECT_EQ(terminal.wait(), 0);
}

}  // namespace
}  // namespace ergon::cli
