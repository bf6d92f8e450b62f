#include "cli/terminal/standard_input.h"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/output.h"

namespace ergon::cli {

std::string read_standard_input() {
    constexpr std::size_t limit = std::size_t{256} << 20;
    std::string text;
    std::array<char, 1 << 16> block{};
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), stdin)) {
        text.append(block.data(), size);
        if (text.size() > limit)
            base::fail(base::ErrorCode::out_of_budget,
                       "stdin holds more than {} MiB, the most that are read at once; give it in parts.", limit >> 20);
    }
    if (std::ferror(stdin) != 0) base::fail(base::ErrorCode::system, "stdin cannot be read.");
    return text;
}

std::string read_piped_text() {
    const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return {};
    constexpr int patience_ms = 2000;  // most programs have written something by then (assumed)
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, patience_ms) == 0) {
        base::tell("Waiting for text on stdin. End it with Ctrl-D, or use \"< /dev/null\" to leave it out.");
    }
    std::string text = read_standard_input();
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace ergon::cli
