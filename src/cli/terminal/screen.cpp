#include "cli/terminal/screen.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/strings/characters.h"

namespace ergon::cli {

bool screen_moves() {
    const char* const kind = std::getenv("TERM");
    if (kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb") return false;
    return ::isatty(STDERR_FILENO) == 1;
}

bool screen_has_colours() {
    const char* const unwanted = std::getenv("NO_COLOR");
    return screen_moves() && (unwanted == nullptr || *unwanted == '\0');
}

std::size_t screen_columns() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string cut_to_columns(std::string_view line, std::size_t columns) {
    std::string cut;
    std::size_t taken = 0;
    for (const char32_t character : base::characters(line)) {
        taken += static_cast<std::size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(character)));
        if (taken > columns) break;
        base::append_utf8(cut, character);
    }
    return cut;
}

}  // namespace ergon::cli
