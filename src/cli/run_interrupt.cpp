#include "cli/run_interrupt.h"

namespace ergon::cli {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

InterruptFlag::InterruptFlag() {
    interrupted = false;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted.store(true, std::memory_order_relaxed); };
    action.sa_flags = SA_RESTART;  // or a write that Ctrl-C meets would fail
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before_);
}

InterruptFlag::~InterruptFlag() {
    sigaction(SIGINT, &before_, nullptr);
}

const std::atomic<bool>& InterruptFlag::value() const {
    return interrupted;
}

void InterruptFlag::clear() {
    interrupted = false;
}

}  // namespace ergon::cli
