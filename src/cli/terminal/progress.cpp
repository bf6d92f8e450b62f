#include "cli/terminal/progress.h"

#include <cstdio>
#include <fmt/format.h>
#include <utility>

#include "base/output.h"
#include "base/strings/format_number.h"
#include "cli/terminal/screen.h"

namespace ergon::cli {
namespace {

// Between two plain lines in a pipe, and between two renewals on a terminal (assumed to be what a reader can follow).
constexpr std::chrono::seconds line_interval(10);
constexpr std::chrono::milliseconds terminal_interval(100);
constexpr const char* clear_line = "\r\033[K";

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)), terminal_(screen_moves()), begin_(std::chrono::steady_clock::now()), last_(begin_) {}

Progress::~Progress() {
    clear();
}

void Progress::show(long done, long all, const std::string& note, long already) {
    const auto now = std::chrono::steady_clock::now();
    const bool due = terminal_ ? !shown_ || now - last_ >= terminal_interval : now - last_ >= line_interval;
    if (!due && done != all) return;
    last_ = now;
    shown_ = true;
    std::string line = fmt::format("{}/{} {}", done, all, what_);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    if (done > already && seconds > 0) {
        const double rate = static_cast<double>(done - already) / seconds;
        line += rate >= 1 ? fmt::format(", {:.1f} a second", rate) : fmt::format(", {:.1f} a minute", rate * 60);
        if (done < all)
            line +=
                fmt::format(", {} left", base::duration_text(base::Seconds(static_cast<double>(all - done) / rate)));
    }
    if (!note.empty()) line += ": " + note;
    if (!terminal_) return base::tell("{}", line);
    base::write_control(base::Stream::error, clear_line);
    // The last column stays free: some terminals wrap once it is written.
    base::write_text(base::Stream::error,
                     cut_to_columns(base::visible_line(line, base::longest_line), screen_columns() - 1));
}

void Progress::clear() {
    if (shown_) base::write_control(base::Stream::error, clear_line);
    shown_ = false;
}

}  // namespace ergon::cli
