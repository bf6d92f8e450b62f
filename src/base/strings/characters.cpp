#include "base/strings/characters.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <fmt/format.h>

#include "base/log.h"

namespace ergon::base {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// Controls but tab and newline, and what turns the direction of what follows (U+202A..E, U+2066..9): a name could make
/// a number next to it read backwards.
bool commands(char32_t c) {
    const bool control = c < 0x20 ? c != '\t' && c != '\n' : c >= 0x7F && c < 0xA0;
    return control || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool allowed(char32_t c) {
    return !commands(c) && (c & 0xFFFE) != 0xFFFE;
}

/// The character that begins at `at`, which moves past it; past one byte if there is none.
char32_t next(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(at++);
    if (first < 0x80) return first;
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || at + more > text.size()) return replacement;
    char32_t c = first & (0x3Fu >> more);
    for (std::size_t i = 0; i < more; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return replacement;
        c = c << 6 | (byte(at + i) & 0x3F);
    }
    constexpr std::array<char32_t, 4> shortest{0, 0x80, 0x800, 0x10000};
    if (c < shortest[more]) return replacement;
    at += more;
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    return surrogate || c > 0x10FFFF ? replacement : c;
}

}  // namespace

std::u32string characters(std::string_view utf8) {
    std::u32string found;
    for (std::size_t at = 0; at < utf8.size();) {
        const char32_t c = next(utf8, at);
        if (c == '\r') {
            if (at == utf8.size() || utf8[at] != '\n') found += '\n';
        } else {
            found += allowed(c) ? c : replacement;
        }
    }
    return found;
}

void append_utf8(std::string& to, char32_t c) {
    const auto put = [&](char32_t byte) { to += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    }
}

std::string valid_utf8(std::string_view bytes) {
    std::string valid;
    valid.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) append_utf8(valid, next(bytes, at));
    return valid;
}

void warn_of_replacement() {
    static std::atomic<bool> warned = false;
    if (!warned.exchange(true)) {
        log().warn("Some text is not valid UTF-8; invalid bytes are replaced by U+FFFD.");
    }
}

std::string in_utf8(std::string_view bytes) {
    std::string valid = valid_utf8(bytes);
    if (valid != bytes) warn_of_replacement();
    return valid;
}

namespace {

/// Where the terminal's sequence (ECMA-48) ends whose first character stands before `at`; `at` if it is no whole one. A
/// sequence ends in its line: text that follows an unfinished one is not lost.
std::size_t end_of_sequence(std::string_view text, char32_t first, std::size_t at) {
    if (first == 0x1B && at < text.size()) {
        constexpr std::string_view letters = "[]PX^_";
        if (letters.find(text[at]) == letters.npos) return at;
        first = 0x40 + static_cast<unsigned char>(text[at]);  // the C1 control that Escape and a letter stand for
    } else if (first < 0x90) {
        return at;
    }
    std::size_t end = at + (text[at - 1] == 0x1B ? 1 : 0);
    if (first == 0x9B) {  // CSI: parameters, then a letter
        while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) ++end;
        return end < text.size() && text[end] >= 0x40 && text[end] < 0x7F ? end + 1 : at;
    }
    constexpr std::array<char32_t, 5> strings{0x90, 0x98, 0x9D, 0x9E, 0x9F};
    if (std::ranges::find(strings, first) == strings.end()) return at;
    for (; end < text.size() && text[end] != '\n'; ++end) {
        if (text[end] == '\a') return end + 1;
        const std::string_view terminator = text.substr(end, 2);
        if (terminator == "\x1b\\" || terminator == "\xC2\x9C") return end + 2;
    }
    return at;
}

void append_picture(std::string& to, char32_t c) {
    if (c > 0x7F) {
        to += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(c));
    } else {
        append_utf8(to, c == 0x7F ? 0x2421 : 0x2400 + c);
    }
}

}  // namespace

std::string visible(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next(text, at);
        if (!commands(c)) {
            append_utf8(shown, c);
            continue;
        }
        append_picture(shown, c);
        at = end_of_sequence(text, c, at);
    }
    return shown;
}

std::string visible_line(std::string_view text, std::size_t most) {
    std::string line = visible(text);
    std::ranges::replace_if(
        line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    const auto begins = [](char byte) { return (byte & 0xC0) != 0x80; };
    const auto characters = static_cast<std::size_t>(std::ranges::count_if(line, begins));
    if (characters <= most) return line;
    const std::size_t half = most / 2;
    const auto place_of = [&](std::size_t character) {
        std::size_t at = 0;
        for (std::size_t seen = 0; at < line.size(); ++at) {
            if (begins(line[at]) && seen++ == character) break;
        }
        return at;
    };
    return line.substr(0, place_of(half - 1)) + "…" + line.substr(place_of(characters - (most - half)));
}

std::string one_line(std::string_view text, std::size_t most) {
    std::string line;
    std::size_t count = 0;
    bool space = false;
    for (const char32_t c : characters(text)) {
        if (c == ' ' || c == '\t' || c == '\n') {
            space = !line.empty();
            continue;
        }
        const std::size_t wanted = space ? 2 : 1;
        if (count + wanted > most) return line + "…";
        if (space) line += ' ';
        append_utf8(line, c);
        count += wanted;
        space = false;
    }
    return line;
}

}  // namespace ergon::base
