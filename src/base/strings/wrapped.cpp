#include "base/strings/wrapped.h"

#include <algorithm>

namespace ergon::base {

std::string wrapped(std::string_view text, int columns) {
    std::string lines;
    std::size_t width = 0;
    while (!text.empty()) {
        const std::size_t length = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, length);
        text.remove_prefix(std::min(length + 1, text.size()));
        if (word.empty()) continue;
        // Characters, not bytes.
        const auto letters = static_cast<std::size_t>(std::count_if(
            word.begin(), word.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
        if (width > 0 && width + 1 + letters > static_cast<std::size_t>(columns)) {
            lines += '\n';
            width = 0;
        } else if (width > 0) {
            lines += ' ';
            ++width;
        }
        lines += word;
        width += letters;
    }
    return lines + "\n";
}

std::string without_trailing_blanks(std::string_view text) {
    std::string trimmed;
    for (const char byte : text) {
        if (byte == '\n') trimmed.resize(trimmed.find_last_not_of(' ') + 1);
        trimmed += byte;
    }
    return trimmed;
}

}  // namespace ergon::base
