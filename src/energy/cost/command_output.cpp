#include "energy/cost/command_output.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Nanoseconds;

constexpr std::size_t longest_output = std::size_t{64} << 10;

/// A shell in a process group of its own, whose output can be read. It never outlives this object.
class Shell {
  public:
    explicit Shell(const std::string& command) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            base::fail(ErrorCode::system, "Cannot create a pipe to the command \"{}\": {}.", command,
                       std::strerror(errno));
        }
        output_ = ends[0];
        const int error = start(command, ends[1]);
        ::close(ends[1]);
        if (error != 0) {
            ::close(output_);
            base::fail(ErrorCode::system, "The command \"{}\" could not be started: {}.", command,
                       std::strerror(error));
        }
    }
    ~Shell() {
        if (!ended_) {
            ::kill(-process_, SIGKILL);
            ::kill(process_, SIGKILL);  // which may have left its group
            int ignored = 0;
            while (::waitpid(process_, &ignored, 0) < 0 && errno == EINTR) {
            }
        }
        ::close(output_);
    }
    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;

    int output() const { return output_; }
    /// Whether the shell has ended, and then its status.
    bool ended(int& status) {
        ended_ = ended_ || ::waitpid(process_, &status, WNOHANG) == process_;
        return ended_;
    }

  private:
    int start(const std::string& command, int write_end) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        std::string shell = "sh", option = "-c", text = command;
        std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
        const int error = ::posix_spawn(&process_, "/bin/sh", &actions, &attributes, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return error;
    }

    pid_t process_ = 0;
    int output_ = -1;
    bool ended_ = false;
};

/// Appends what is there. False at the end of the output.
bool read_some(int descriptor, std::string& output) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got > 0) output.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

std::string command_output(const std::string& command, Nanoseconds limit) {
    const Nanoseconds deadline = base::now() + limit;
    Shell shell(command);
    std::string output;
    const auto in_time = [&] {
        const Nanoseconds left = deadline - base::now();
        if (left > Nanoseconds(0)) return static_cast<int>(left.value() / 1'000'000) + 1;
        base::fail(ErrorCode::system, "The command \"{}\" took longer than {:.0f} s and was stopped.", command,
                   base::to_seconds(limit).value());
    };
    for (bool more = true; more;) {
        pollfd wait{shell.output(), POLLIN, 0};
        if (::poll(&wait, 1, in_time()) > 0) more = read_some(shell.output(), output);
        if (output.size() > longest_output) {
            base::fail(ErrorCode::system, "The command \"{}\" prints more than {} bytes; expected one number.", command,
                       longest_output);
        }
    }
    int status = 0;
    while (!shell.ended(status)) {
        in_time();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        base::fail(ErrorCode::system, "The command \"{}\" failed ({} {}); run it in a shell to see why.", command,
                   WIFEXITED(status) ? "exit code" : "signal",
                   WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
    return output;
}

}  // namespace ergon::energy
