// ergon run on a terminal: a chat, and what Ctrl-C does to it.

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using ::testing::HasSubstr;

/// The program on a terminal of its own.
class Terminal {
  public:
    explicit Terminal(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), ERGON_PROGRAM);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        child_ = forkpty(&screen_, nullptr, nullptr, nullptr);
        if (child_ == 0) {
            execv(ERGON_PROGRAM, words.data());
            _exit(127);
        }
    }
    ~Terminal() {
        if (child_ > 0 && !exit_code_) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        close(screen_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void type(const std::string& keys) {
        ASSERT_EQ(write(screen_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    }
    /// What appears until `text` does; all that came in ten seconds if it does not.
    std::string until(const std::string& text) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (seen_.find(text) == std::string::npos && std::chrono::steady_clock::now() < end) {
            if (!read_some()) break;
        }
        const std::size_t found = seen_.find(text);
        const std::size_t size = found == std::string::npos ? seen_.size() : found + text.size();
        EXPECT_NE(found, std::string::npos) << "waited for " << text << ", saw " << seen_;
        const std::string part = seen_.substr(0, size);
        seen_.erase(0, size);
        return part;
    }
    int wait() {
        while (read_some()) {
        }
        int status = 0;
        waitpid(child_, &status, 0);
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return *exit_code_;
    }

  private:
    bool read_some() {
        pollfd ready{screen_, POLLIN, 0};
        if (poll(&ready, 1, 10000) <= 0) return false;
        char block[4096];
        const ssize_t size = read(screen_, block, sizeof block);
        if (size <= 0) return false;
        seen_.append(block, static_cast<std::size_t>(size));
        return true;
    }

    int screen_ = -1;
    pid_t child_ = -1;
    std::string seen_;
    std::optional<int> exit_code_;
};

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
