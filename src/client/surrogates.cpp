#include "client/surrogates.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings/characters.h"

namespace ergon::client {
namespace {

constexpr char32_t first_surrogate = 0xD800, first_low = 0xDC00, last_surrogate = 0xDFFF;
constexpr char32_t first_stand_in = 0x10F800;
constexpr char32_t replacement = 0xFFFD;
constexpr std::size_t escape_length = 6;    // \ud83e
constexpr std::size_t stand_in_length = 4;  // of any character from U+10000 on

constexpr bool is_surrogate(char32_t unit) {
    return unit >= first_surrogate && unit <= last_surrogate;
}

/// The code unit of an escape \uXXXX that begins here.
std::optional<char32_t> escaped(std::string_view text, std::size_t at) {
    if (text.size() < at + escape_length || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    char32_t unit = 0;
    for (std::size_t i = at + 2; i < at + escape_length; ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return std::nullopt;
        unit = unit * 16 + static_cast<char32_t>(digit);
    }
    return unit;
}

/// The surrogate whose stand-in begins here; 0 if none does.
char32_t stood_for(std::string_view text, std::size_t at) {
    if (text.size() < at + stand_in_length || static_cast<unsigned char>(text[at]) != 0xF4) return 0;
    char32_t character = 4;
    for (std::size_t i = at + 1; i < at + stand_in_length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0) != 0x80) return 0;
        character = (character << 6) | (byte & 0x3Fu);
    }
    const char32_t unit = character - first_stand_in + first_surrogate;
    return character >= first_stand_in && is_surrogate(unit) ? unit : 0;
}

}  // namespace

std::string with_stand_ins(std::string_view json) {
    std::string text;
    std::size_t copied = 0;
    for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
        const std::optional<char32_t> unit = escaped(json, at);
        if (!unit || !is_surrogate(*unit)) {
            at += 2;  // the next byte is escaped: a backslash there begins nothing
            continue;
        }
        const std::optional<char32_t> next = escaped(json, at + escape_length);
        if (*unit < first_low && next && *next >= first_low && is_surrogate(*next)) {
            at += 2 * escape_length;  // a whole character
            continue;
        }
        text += json.substr(copied, at - copied);
        base::append_utf8(text, *unit - first_surrogate + first_stand_in);
        at += escape_length;
        copied = at;
    }
    return text += json.substr(copied);
}

std::string SurrogateJoiner::push(std::string_view piece) {
    std::string text;
    for (std::size_t at = 0; at < piece.size();) {
        const char32_t unit = stood_for(piece, at);
        if (waiting_ != 0) {
            const char32_t high = std::exchange(waiting_, 0);
            if (unit >= first_low) {
                base::append_utf8(text, 0x10000 + ((high - first_surrogate) << 10) + (unit - first_low));
                at += stand_in_length;
                continue;
            }
            base::append_utf8(text, replacement);
        }
        if (unit == 0) {
            const std::size_t end = std::min(piece.find('\xF4', at + 1), piece.size());
            text += piece.substr(at, end - at);
            at = end;
            continue;
        }
        if (unit < first_low) {
            waiting_ = unit;
        } else {
            base::append_utf8(text, replacement);
        }
        at += stand_in_length;
    }
    return text;
}

std::string SurrogateJoiner::finish() {
    std::string text;
    if (std::exchange(waiting_, 0) != 0) base::append_utf8(text, replacement);
    return text;
}

std::string joined_surrogates(std::string_view text) {
    SurrogateJoiner joiner;
    std::string joined = joiner.push(text);
    return joined += joiner.finish();
}

}  // namespace ergon::client
