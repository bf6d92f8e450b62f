#include "cli/program.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/sanitized.h"

namespace ergon::cli {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// A nameless file, so that no pipe can fill up and block.
File temporary_file(std::string_view content = {}) {
    File file(std::tmpfile());
    EXPECT_NE(file, nullptr);
    std::fwrite(content.data(), 1, content.size(), file.get());
    std::rewind(file.get());
    return file;
}

std::string read_all(std::FILE* file) {
    std::rewind(file);
    std::string content;
    char block[4096];
    while (const std::size_t size = std::fread(block, 1, sizeof block, file)) content.append(block, size);
    return content;
}

std::vector<std::string> environment_with(const Environment& additions) {
    std::vector<std::string> variables;
    for (const auto& [name, value] : additions) variables.push_back(name + "=" + value);
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string name = std::string(*variable).substr(0, std::string(*variable).find('='));
        bool replaced = false;
        for (const auto& addition : additions) replaced = replaced || addition.first == name;
        if (!replaced) variables.emplace_back(*variable);
    }
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& string : strings) result.push_back(string.data());
    result.push_back(nullptr);
    return result;
}

/// What stands before the program's name, where it runs, and where its output goes.
struct Circumstances {
    std::vector<std::string> wrapper{};
    std::filesystem::path folder{};
    Sinks sinks{};
};

/// The writing end of a pipe that nobody reads.
class PipeWithoutReader {
  public:
    PipeWithoutReader() {
        int ends[2]{-1, -1};
        EXPECT_EQ(pipe(ends), 0);
        close(ends[0]);
        end_ = ends[1];
    }
    ~PipeWithoutReader() { close(end_); }
    PipeWithoutReader(const PipeWithoutReader&) = delete;
    PipeWithoutReader& operator=(const PipeWithoutReader&) = delete;
    int end() const { return end_; }

  private:
    int end_ = -1;
};

void add_sink(posix_spawn_file_actions_t& actions, int descriptor, Sink sink, std::FILE* kept,
              const PipeWithoutReader& pipe) {
    switch (sink) {
        case Sink::kept: posix_spawn_file_actions_adddup2(&actions, fileno(kept), descriptor); break;
        case Sink::closed: posix_spawn_file_actions_addclose(&actions, descriptor); break;
        case Sink::full: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/full", O_WRONLY, 0); break;
        case Sink::left: posix_spawn_file_actions_adddup2(&actions, pipe.end(), descriptor); break;
    }
}

Outcome run(const std::vector<std::string>& arguments, std::string_view input, const Environment& environment,
            const std::function<void(pid_t)>& while_it_runs = {}, const Circumstances& circumstances = {}) {
    const File in = temporary_file(input);
    const File out = temporary_file();
    const File err = temporary_file();
    std::vector<std::string> words = circumstances.wrapper;
    words.emplace_back(ERGON_PROGRAM);
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment_with(environment);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
    const PipeWithoutReader pipe;
    add_sink(actions, STDOUT_FILENO, circumstances.sinks.out, out.get(), pipe);
    add_sink(actions, STDERR_FILENO, circumstances.sinks.err, err.get(), pipe);
    if (!circumstances.folder.empty()) {
        posix_spawn_file_actions_addchdir_np(&actions, circumstances.folder.c_str());
    }
    pid_t child = 0;
    const std::string program = words.front();
    const int problem =
        posix_spawn(&child, program.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
        ADD_FAILURE() << "cannot start " << program;
        return {-1, {}, {}};
    }
    if (while_it_runs) while_it_runs(child);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_all(out.get()), read_all(err.get())};
}

}  // namespace

Outcome run_ergon_within(std::size_t memory, const std::vector<std::string>& arguments, std::string_view input) {
    std::vector<std::string> limits{"/usr/bin/timeout", "30"};
    if (memory > 0 && !test::sanitized)
        limits.insert(limits.end(), {"/usr/bin/prlimit", "--as=" + std::to_string(memory)});
    return run(arguments, input, {}, {}, {.wrapper = limits});
}

Outcome run_ergon(const std::vector<std::string>& arguments, std::string_view input, const Environment& environment) {
    return run(arguments, input, environment);
}

std::optional<Outcome> run_ergon_as_nobody(const std::vector<std::string>& arguments, const Environment& environment,
                                           const std::filesystem::path& folder) {
    const std::string setpriv = "/usr/bin/setpriv";
    if (::geteuid() != 0 || ::access(setpriv.c_str(), X_OK) != 0) return std::nullopt;
    const std::vector<std::string> nobody{setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"};
    return run(arguments, {}, environment, {}, {nobody, folder});
}

Outcome signal_ergon(const std::vector<std::string>& arguments, int signal, const std::filesystem::path& when_there) {
    return while_ergon_runs(arguments, when_there, [&](int process) { kill(process, signal); });
}

Outcome while_ergon_runs(const std::vector<std::string>& arguments, const std::filesystem::path& when_there,
                         const std::function<void(int process)>& what) {
    return run(arguments, {}, {}, [&](pid_t ergon) {
        const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!std::filesystem::exists(when_there) && std::chrono::steady_clock::now() < latest) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        what(ergon);
    });
}

Outcome run_ergon_into(const Sinks& sinks, const std::vector<std::string>& arguments, std::string_view input) {
    return run(arguments, input, {}, {}, {.sinks = sinks});
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ergon-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string fixture(const std::string& name) {
    return (std::filesystem::path(ERGON_FIXTURES) / name).string();
}

}  // namespace ergon::cli
