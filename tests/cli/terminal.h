#pragma once
// The program on a terminal, as a person has it before them.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>
#include <poll.h>
#include <pty.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ergon::cli {

/// The program on a terminal of its own.
class Terminal {
  public:
    /// TERM=dumb is the terminal without a line editor.
    explicit Terminal(std::vector<std::string> arguments, std::vector<std::string> environment = {},
                      int columns = 200) {
        environment.insert(environment.begin(), "TERM=xterm");
        winsize size{24, static_cast<unsigned short>(columns), 0, 0};
        arguments.insert(arguments.begin(), ERGON_PROGRAM);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        child_ = forkpty(&screen_, nullptr, nullptr, &size);
        if (child_ == 0) {
            unsetenv("NO_COLOR");
            for (std::string& variable : environment) putenv(variable.data());
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
    void resize(int columns) {
        winsize size{24, static_cast<unsigned short>(columns), 0, 0};
        ASSERT_EQ(ioctl(screen_, TIOCSWINSZ, &size), 0);
    }
    pid_t process() const { return child_; }
    int wait() {
        while (read_some()) {
        }
        int status = 0;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (waitpid(child_, &status, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > end) {
                ADD_FAILURE() << "it does not end; saw " << seen_;
                return -1;
            }
            usleep(1000);
        }
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

}  // namespace ergon::cli
