#pragma once
// Text as bytes: ends cut, ASCII letters folded, cells quoted; never the locale's business.

#include <string>
#include <string_view>

namespace ergon::base {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr char lowered(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// ASCII letters in lower case, all else as it is.
inline std::string lowered(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = lowered(c);
    return lower;
}

/// `text` without those characters at both ends: white space, if none are named.
constexpr std::string_view trimmed(std::string_view text, std::string_view cut = " \t\r\n") {
    const std::size_t first = text.find_first_not_of(cut);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(cut) - first + 1);
}

/// A cell of a CSV file (RFC 4180): between quotation marks if it holds a comma, a quotation mark or a line's end.
inline std::string csv_cell(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

}  // namespace ergon::base
