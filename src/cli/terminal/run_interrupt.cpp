#include "cli/terminal/run_interrupt.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/output.h"

namespace ergon::cli {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupted = false;
std::atomic<int> told_to_end_by = 0;
static_assert(std::atomic<bool>::is_always_lock_free);
std::atomic<int> last_sentence_pipe = -1;
static_assert(std::atomic<int>::is_always_lock_free);

void set_flag(int signal) {
    interrupted.store(true, std::memory_order_relaxed);
    if (signal != SIGINT) told_to_end_by.store(signal, std::memory_order_relaxed);
}

void send_signal(int signal) {
    const int before = errno;
    const auto byte = static_cast<unsigned char>(signal);
    [[maybe_unused]] const auto written = ::write(last_sentence_pipe, &byte, 1);
    errno = before;
}

}  // namespace

SignalHandler::SignalHandler(int signal, void (*handler)(int)) : signal_(signal) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;  // or a write that Ctrl-C meets would fail
    sigemptyset(&action.sa_mask);
    sigaction(signal, nullptr, &before_);
    if (before_.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
}

SignalHandler::~SignalHandler() {
    sigaction(signal_, &before_, nullptr);
}

InterruptFlag::InterruptFlag() {
    interrupted = false;
    told_to_end_by = 0;
    for (const int signal : ending_signals) handlers_.emplace_back(signal, set_flag);
}

const std::atomic<bool>& InterruptFlag::value() const {
    return interrupted;
}

void InterruptFlag::clear() {
    interrupted = told_to_end_by != 0;
}

int InterruptFlag::told_to_end() const {
    return told_to_end_by;
}

LastSentence::LastSentence(std::function<std::string()> sentence) : sentence_(std::move(sentence)) {
    if (::pipe2(pipe_.data(), O_CLOEXEC) != 0) {
        base::fail(base::ErrorCode::system, "No pipe for signals: {}.", std::strerror(errno));
    }
    last_sentence_pipe = pipe_[1];
    thread_ = std::thread([this] {
        unsigned char signal = 0;
        while (::read(pipe_[0], &signal, 1) < 0 && errno == EINTR) {
        }
        if (signal == 0) return;  // the destructor's
        base::tell("");           // the terminal shows ^C, or a line of progress
        base::tell("{}", sentence_());
        std::_Exit(128 + signal);
    });
    for (const int signal : ending_signals) handlers_.emplace_back(signal, send_signal);
}

LastSentence::~LastSentence() {
    handlers_.clear();
    send_signal(0);
    thread_.join();
    last_sentence_pipe = -1;
    for (const int end : pipe_) ::close(end);
}

}  // namespace ergon::cli
