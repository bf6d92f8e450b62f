#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/output.h"
#include "cli/chat/line_input.h"

namespace ergon::cli {
namespace {

/// Input is asked for in short waits: a signal that comes just before a read would not end it, and one after half a
/// line (Ctrl-D gives that) must.
class PlainLines final : public LineInput {
  public:
    std::optional<std::string> next(const InterruptFlag& interrupt) override {
        base::write_text(base::Stream::error, "> ");
        constexpr int wait_ms = 100;  // no reader feels it (assumed)
        std::size_t end = 0;
        while ((end = begun_.find('\n')) == std::string::npos) {
            if (interrupt.value()) return std::nullopt;
            pollfd terminal{STDIN_FILENO, POLLIN, 0};
            if (::poll(&terminal, 1, wait_ms) <= 0) continue;
            char block[4096];
            const ssize_t size = ::read(STDIN_FILENO, block, sizeof block);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) {
                std::string last = std::exchange(begun_, {});
                return last.empty() ? std::nullopt : std::optional(std::move(last));
            }
            begun_.append(block, static_cast<std::size_t>(size));
        }
        std::string line = begun_.substr(0, end);
        begun_.erase(0, end + 1);
        return line;
    }

  private:
    std::string begun_;
};

}  // namespace

std::unique_ptr<LineInput> plain_lines() {
    return std::make_unique<PlainLines>();
}

}  // namespace ergon::cli
