#pragma once
// What Ctrl-C and SIGTERM do.

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <initializer_list>
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

/// While it lives, these signals (Ctrl-C is SIGINT) set a flag instead of ending the program; reads and writes go on, a
/// poll() returns. One at a time.
class InterruptFlag {
  public:
    explicit InterruptFlag(std::initializer_list<int> signals = {SIGINT});
    InterruptFlag(const InterruptFlag&) = delete;
    InterruptFlag& operator=(const InterruptFlag&) = delete;

    const std::atomic<bool>& value() const;
    void clear();

  private:
    std::list<SignalHandler> handlers_;
};

/// While it lives, Ctrl-C and SIGTERM end the program at once, with a last sentence on stderr and the exit code that
/// shells give to these signals (130, 143). For work that is kept as it goes. One at a time.
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
