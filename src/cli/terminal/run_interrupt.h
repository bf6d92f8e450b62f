#pragma once
// What Ctrl-C, SIGTERM and a terminal that goes away (SIGHUP) do.

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <list>
#include <string>
#include <thread>

namespace ergon::cli {

/// A signal's handler in place of what was there before, as long as this lives. A signal that is ignored stays so:
/// whoever started the program wants it.
class SignalHandler {
  public:
    SignalHandler(int signal, void (*handler)(int));
    ~SignalHandler();
    SignalHandler(const SignalHandler&) = delete;
    SignalHandler& operator=(const SignalHandler&) = delete;

  private:
    int signal_;
    struct sigaction before_ {};
};

/// The signals by which people and machines ask a program to end.
inline constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP};

/// While it lives, they set a flag instead of ending the program; reads and writes go on, a poll() returns. One at a
/// time.
class InterruptFlag {
  public:
    InterruptFlag();
    InterruptFlag(const InterruptFlag&) = delete;
    InterruptFlag& operator=(const InterruptFlag&) = delete;

    const std::atomic<bool>& value() const;
    /// Forgets a Ctrl-C, which may mean the work at hand alone. Who was told to end stays told.
    void clear();
    /// The signal by which the program was told to end (SIGTERM, SIGHUP), 0 if it was not.
    int told_to_end() const;

  private:
    std::list<SignalHandler> handlers_;
};

/// While it lives, the ending signals end the program at once, with a last sentence on stderr and the exit code that
/// shells give to them (130, 143, 129). For work that is kept as it goes. One at a time.
class LastSentence {
  public:
    /// `sentence` is called by a thread of its own.
    explicit LastSentence(std::function<std::string()> sentence);
    ~LastSentence();
    LastSentence(const LastSentence&) = delete;
    LastSentence& operator=(const LastSentence&) = delete;

  private:
    std::function<std::string()> sentence_;
    std::array<int, 2> pipe_{-1, -1};  // from the handler, or the destructor, to the thread
    std::list<SignalHandler> handlers_;
    std::thread thread_;
};

}  // namespace ergon::cli
