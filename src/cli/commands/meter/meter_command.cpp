// ergon meter -- COMMAND: what the machine took while it ran.

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/commands.h"
#include "cli/commands/meter/meter.h"
#include "cli/options/output_files.h"

extern char** environ;

namespace ergon::cli {
namespace {

using base::ErrorCode;
using energy::WindowFigures;

volatile std::sig_atomic_t running_child = 0;
volatile std::sig_atomic_t early_signal = 0;  // came before there was a child

extern "C" void pass_on(int signal) {
    if (running_child > 0) {
        ::kill(static_cast<pid_t>(running_child), signal);
    } else {
        early_signal = signal;
    }
}

/// While a command runs, signals are its business: what it cost until then is still told. The terminal sends Ctrl-C to
/// both; what is sent to this program alone is passed on. What was ignored before stays ignored, also by the command
/// (nohup).
class LeaveSignalsToTheCommand {
  public:
    LeaveSignalsToTheCommand() {
        for (const auto& [signal, before] : before_) {
            if (before == SIG_IGN) std::signal(signal, SIG_IGN);
        }
    }
    ~LeaveSignalsToTheCommand() {
        for (const auto& [signal, before] : before_) std::signal(signal, before);
    }
    LeaveSignalsToTheCommand(const LeaveSignalsToTheCommand&) = delete;
    LeaveSignalsToTheCommand& operator=(const LeaveSignalsToTheCommand&) = delete;

    /// The signals that the command begins with as if this program were not between.
    sigset_t defaults() const {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&signals, signal);  // main() ignores them
        for (const auto& [signal, before] : before_) {
            if (before != SIG_IGN) sigaddset(&signals, signal);
        }
        return signals;
    }

  private:
    struct Before {
        int signal;
        void (*handler)(int);
    };
    std::array<Before, 4> before_{{{SIGINT, std::signal(SIGINT, SIG_IGN)},
                                   {SIGQUIT, std::signal(SIGQUIT, SIG_IGN)},
                                   {SIGTERM, std::signal(SIGTERM, pass_on)},
                                   {SIGHUP, std::signal(SIGHUP, pass_on)}}};
};

/// A child that runs, or why there is none.
struct Started {
    pid_t child = 0;
    int problem = 0;  // as errno has it
};

Started start(const std::vector<std::string>& command, const sigset_t& defaults) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    Started started;
    started.problem = ::posix_spawnp(&started.child, words[0], nullptr, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    return started;
}

struct Ended {
    int status = 0;  // as waitpid gives it
    base::Nanoseconds busy{};
};

base::Nanoseconds time_of(const timeval& time) {
    return base::Nanoseconds(std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_usec} * 1000);
}

/// Reads the machine until the child ends.
Ended read_until_end(pid_t child, const energy::MachineReader& reader, energy::Window& window) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));  // absent before Linux 5.3
    Ended ended_as;
    while (true) {
        const auto wait = std::chrono::nanoseconds(reader.interval().value());
        pollfd ended{handle, POLLIN, 0};
        // Without a handle, poll is a sleep, and the end is noticed at the next reading.
        ::poll(&ended, handle < 0 ? 0 : 1,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
        rusage used{};
        const pid_t got = ::wait4(child, &ended_as.status, WNOHANG, &used);
        if (got == child) {
            ended_as.busy = time_of(used.ru_utime) + time_of(used.ru_stime);
            break;
        }
        if (got < 0 && errno != EINTR) {
            base::fail(ErrorCode::system, "How the command ended cannot be learnt: {}.", std::strerror(errno));
        }
        window.poll();
    }
    if (handle >= 0) ::close(handle);
    return ended_as;
}

// As shells have them (POSIX, Shell Command Language 2.8.2).
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

int exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Throws Error(bad_argument) for a file that begins with other columns.
void check_rows(const std::string& file, std::string_view text) {
    if (text.empty() || text.starts_with(codecarbon_header() + "\n")) return;
    base::fail(ErrorCode::bad_argument, "{} exists and has other columns; give another file to --csv-out.", file);
}

/// Adds a row at the end; several programs may do so at once.
void add_row(const std::string& file, const std::string& row) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) base::fail(ErrorCode::system, "{} cannot be opened: {}.", file, std::strerror(errno));
    ::flock(descriptor, LOCK_EX);
    const std::string before = base::is_plain_file(file) ? base::read_text(file) : std::string();
    check_rows(file, before);
    const std::string begin = before.empty() ? codecarbon_header() + "\n" : before.ends_with('\n') ? "" : "\n";
    const std::string text = begin + row + "\n";
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    const int problem = written < 0 ? errno : ENOSPC;
    ::close(descriptor);
    if (written != std::ssize(text))
        base::fail(ErrorCode::system, "{} cannot be written: {}.", file, std::strerror(problem));
}

void tell(const WindowFigures& figures, const energy::MachineReader& reader, const MeterOutput& output,
          const std::string& name) {
    if (output.json.asked()) {
        nlohmann::ordered_json json = window_json(figures, reader.overhead());
        json.update(output.cost.json(figures.joules));
        json["machine"] = reader.machine();
        const std::string text = base::json_text(json, 2) + "\n";
        if (output.json.printed) base::write_data(base::Stream::error, text);
        if (!output.json.file.empty()) write_output(output.json.file, text);
    }
    if (output.csv.asked()) {
        const std::string row = codecarbon_row(figures, reader, output, name);
        const std::string text = codecarbon_header() + "\n" + row + "\n";
        if (output.csv.printed) base::write_data(base::Stream::error, text);
        if (is_stdout(output.csv.file)) {
            base::write_data(base::Stream::out, text);
        } else if (!output.csv.file.empty()) {
            add_row(output.csv.file, row);
        }
    }
    if (!output.json.asked() && !output.csv.asked()) {
        base::write_text(base::Stream::error,
                         window_text(figures, reader.overhead(), output) + reader.describe() + "\n");
    }
}

}  // namespace

std::string window_text(const WindowFigures& figures, const energy::Overhead& overhead, const MeterOutput& output) {
    const auto joules = [](const energy::Figure& figure) {
        const base::IntervalText text = base::with_interval(figure.value.value(), figure.low.value(),
                                                            figure.high.value(), {"J", base::Prefixes::all});
        return fmt::format("{}{}{}{}", text.value, text.interval.empty() ? "" : " ", text.interval,
                           base::watt_hours_note(figure.value));
    };
    const std::string method(energy::name(figures.joules.method));
    const std::string above(energy::name(figures.above_idle.method));
    std::string text =
        fmt::format("{:.2f} s, {} {}, {} above idle{}; {} W on average, {:.2f} threads busy; joules of {}\n",
                    figures.seconds.value(), joules(figures.joules), method, joules(figures.above_idle),
                    above == method ? "" : " (" + above + ")", base::significant(figures.average.value()),
                    figures.seconds > base::Seconds(0) ? figures.busy / figures.seconds : 0,
                    energy::boundary_words(figures.boundary));
    if (const std::string cost = output.cost.text(figures.joules); !cost.empty()) text += cost + "\n";
    std::vector<double> amounts;
    for (const energy::SensorUse& use : figures.sensors) amounts.push_back(use.joules.value());
    const base::Unit unit{"J", base::Prefixes::all};
    const base::Scale scale = base::column_scale(std::move(amounts), unit);
    for (const energy::SensorUse& use : figures.sensors) {
        text += fmt::format("  {:<32} {:>10}{}{}\n", use.name, base::with_unit(use.joules.value(), unit, scale),
                            use.part_of.empty() ? "" : "  in " + use.part_of,
                            use.complete ? "" : "  (did not answer all the time)");
    }
    for (const energy::NotCounted& part : figures.not_counted) {
        text += fmt::format("Not counted, and estimated: {}. {}\n", part.name, part.reason);
    }
    text += fmt::format("Metering took {:.1f} ms of processor time, {:.3f}% of a thread.\n",
                        1e3 * overhead.processor_time.value(), 100 * overhead.share());
    return text;
}

int meter_command(energy::MachineReader& reader, const std::vector<std::string>& command, const MeterOutput& output) {
    if (base::is_plain_file(output.csv.file)) check_rows(output.csv.file, base::read_text(output.csv.file));
    const LeaveSignalsToTheCommand leave;
    std::fflush(nullptr);
    energy::Window window(reader);
    const auto [child, problem] = start(command, leave.defaults());
    if (problem != 0) {
        base::tell("ergon: The command '{}' cannot be started: {}.", command[0], std::strerror(problem));
        return problem == ENOENT ? exit_not_found : exit_not_executable;
    }
    running_child = static_cast<std::sig_atomic_t>(child);
    if (early_signal != 0) ::kill(child, early_signal);
    const Ended ended = read_until_end(child, reader, window);
    running_child = 0;
    window.finish();  // with the last reading, which the child's own time is compared with
    window.count_work(ended.busy);
    const WindowFigures figures = window.figures();
    try {
        tell(figures, reader, output, std::filesystem::path(command[0]).filename().string());
    } catch (const base::Error& error) {  // what was metered is not lost, nor how the command failed
        base::tell("ergon: {}", error.what());
        base::write_text(base::Stream::error, window_text(figures, reader.overhead(), output));
        if (exit_code(ended.status) == 0) return 1;
    }
    return exit_code(ended.status);
}

}  // namespace ergon::cli
