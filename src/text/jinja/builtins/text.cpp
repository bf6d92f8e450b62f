#include "text/jinja/builtins/text.h"

#include <algorithm>
#include <cstring>
#include <utf8proc.h>

namespace ergon::text::jinja {
namespace {

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

utf8proc_category_t category(char32_t code) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

std::size_t run_at(const MarkedText& text, std::size_t offset) {
    const auto& runs = text.runs();
    const auto next = std::upper_bound(runs.begin(), runs.end(), offset,
                                       [](std::size_t at, const MarkedText::Run& run) { return at < run.begin; });
    return static_cast<std::size_t>(next - runs.begin()) - 1;
}

}  // namespace

Character character_at(std::string_view text, std::size_t offset) {
    utf8proc_int32_t code = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + offset;
    const utf8proc_ssize_t length =
        utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(std::min<std::size_t>(4, text.size() - offset)), &code);
    if (length <= 0) return {static_cast<unsigned char>(text[offset]), offset, offset + 1};
    return {static_cast<char32_t>(code), offset, offset + static_cast<std::size_t>(length)};
}

Character character_before(std::string_view text, std::size_t end) {
    std::size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
    const Character character = character_at(text, begin);
    if (character.end == end) return character;
    return {static_cast<unsigned char>(text[end - 1]), end - 1, end};
}

std::size_t count_characters(std::string_view text) {
    return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::size_t byte_offset(std::string_view text, std::size_t index) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (is_continuation(text[at])) continue;
        if (index == 0) break;
        --index;
    }
    return at;
}

std::size_t find_bytes(std::string_view text, std::string_view wanted, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool is_space(char32_t code) {
    return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

bool is_line_break(char32_t code) {
    return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 || code == 0x2028 ||
           code == 0x2029;
}

bool is_printable(char32_t code) {
    switch (category(code)) {
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP: return false;
        case UTF8PROC_CATEGORY_ZS: return code == U' ';
        default: return true;
    }
}

void append_slice(MarkedText& out, const MarkedText& from, std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    const auto& runs = from.runs();
    const std::string_view bytes = from.text();
    for (std::size_t i = run_at(from, begin); begin < end; ++i) {
        const std::size_t run_end = i + 1 < runs.size() ? std::min(runs[i + 1].begin, end) : end;
        out.append(bytes.substr(begin, run_end - begin), runs[i].author);
        begin = run_end;
    }
}

MarkedText slice(const MarkedText& from, std::size_t begin, std::size_t end) {
    MarkedText result;
    append_slice(result, from, begin, end);
    return result;
}

Author author_at(const MarkedText& text, std::size_t offset) {
    return text.runs()[run_at(text, offset)].author;
}

MarkedText strip(const MarkedText& text, Ends ends, std::optional<std::string_view> set) {
    const auto in_set = [&](const Character& character, std::string_view bytes) {
        if (!set) return is_space(character.code);
        return set->find(bytes.substr(character.begin, character.end - character.begin)) != std::string_view::npos;
    };
    const std::string_view bytes = text.text();
    std::size_t begin = 0;
    std::size_t end = bytes.size();
    while (ends != Ends::right && begin < end) {
        const Character first = character_at(bytes, begin);
        if (!in_set(first, bytes)) break;
        begin = first.end;
    }
    while (ends != Ends::left && end > begin) {
        const Character last = character_before(bytes, end);
        if (!in_set(last, bytes)) break;
        end = last.begin;
    }
    return slice(text, begin, end);
}

}  // namespace ergon::text::jinja
