#pragma once
// Ctrl-C as a flag.

#include <atomic>
#include <csignal>

namespace ergon::cli {

/// While it lives, Ctrl-C (SIGINT) sets a flag instead of ending the program; reads and writes go on, a poll() returns.
/// One at a time.
class InterruptFlag {
  public:
    InterruptFlag();
    ~InterruptFlag();
    InterruptFlag(const InterruptFlag&) = delete;
    InterruptFlag& operator=(const InterruptFlag&) = delete;

    const std::atomic<bool>& value() const;
    void clear();

  private:
    struct sigaction before_ {};
};

}  // namespace ergon::cli
