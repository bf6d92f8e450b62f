#include "text/unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <span>
#include <utf8proc.h>
#include <vector>

namespace ergon::text {
namespace {

constexpr char32_t code_points = 0x110000;

struct CodeRange {
    char32_t first, last;
};

// Symbols that are Alphabetic: letters in circles and squares.
constexpr CodeRange letter_symbols[] = {{0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};

bool is_white_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

CharClass class_of(char32_t c) {
    using namespace char_class;
    if (is_white_space(c)) return static_cast<CharClass>(c == '\r' || c == '\n' ? space | newline : space);
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LT: return cased_upper | word;
        case UTF8PROC_CATEGORY_LL: return lower | word;
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO: return uncased | word;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME: return mark | word;
        case UTF8PROC_CATEGORY_ND: return number | decimal | word;
        case UTF8PROC_CATEGORY_NL: return number | word;
        case UTF8PROC_CATEGORY_NO: return number;
        case UTF8PROC_CATEGORY_PC: return punctuation | word;
        case UTF8PROC_CATEGORY_PD:
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_PI:
        case UTF8PROC_CATEGORY_PF:
        case UTF8PROC_CATEGORY_PO: return punctuation;
        case UTF8PROC_CATEGORY_SM:
        case UTF8PROC_CATEGORY_SC:
        case UTF8PROC_CATEGORY_SK:
        case UTF8PROC_CATEGORY_SO: return symbol;
        default: return other;
    }
}

std::vector<CharClass> build_char_classes() {
    std::vector<CharClass> classes(code_points);
    for (char32_t c = 0; c < code_points; ++c) classes[c] = class_of(c);
    for (const CodeRange& range : letter_symbols) {
        for (char32_t c = range.first; c <= range.last; ++c) classes[c] |= char_class::word;
    }
    return classes;
}

int combining_class(std::int32_t c) {
    return utf8proc_get_property(c)->combining_class;
}

// Canonical decomposition, in canonical order. Marks are sorted here because utf8proc's own reordering is quadratic
// in the length of a run of marks.
std::vector<std::int32_t> decompose(std::string_view text) {
    std::vector<std::int32_t> codes;
    codes.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto [code, length] = decode_character(text.data() + i);
        std::array<std::int32_t, 32> parts{};  // the longest canonical decomposition has 4 characters
        const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts.data(), parts.size(),
                                                   UTF8PROC_DECOMPOSE, nullptr);
        codes.insert(codes.end(), parts.begin(), parts.begin() + std::max<utf8proc_ssize_t>(count, 0));
        i += length;
    }
    for (auto begin = codes.begin(); begin != codes.end();) {
        const auto is_mark = [](std::int32_t c) { return combining_class(c) != 0; };
        begin = std::find_if(begin, codes.end(), is_mark);
        const auto end = std::find_if_not(begin, codes.end(), is_mark);
        std::stable_sort(begin, end, [](auto a, auto b) { return combining_class(a) < combining_class(b); });
        begin = end;
    }
    return codes;
}

}  // namespace

Utf8Scan scan_utf8(std::string_view bytes) {
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {Utf8Scan::Kind::character, 1};
    if (lead < 0xC2 || lead > 0xF4) return {Utf8Scan::Kind::invalid, 1};
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (std::size_t i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
        if (i == bytes.size()) return {Utf8Scan::Kind::incomplete, i};
        if (byte(i) < low || byte(i) > high) return {Utf8Scan::Kind::invalid, i};
    }
    return {Utf8Scan::Kind::character, length};
}

std::size_t broken_utf8_prefix(std::string_view bytes) {
    std::size_t i = 0;
    while (i < bytes.size()) {
        const Utf8Scan scan = scan_utf8(bytes.substr(i));
        if (scan.kind == Utf8Scan::Kind::character) break;
        i += scan.length;
    }
    return i;
}

std::size_t valid_utf8_prefix(std::string_view bytes) {
    std::size_t i = 0;
    while (i < bytes.size()) {
        std::uint64_t word = 0;
        if (bytes.size() - i >= sizeof word) {
            std::memcpy(&word, bytes.data() + i, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                i += sizeof word;
                continue;
            }
        }
        const Utf8Scan scan = scan_utf8(bytes.substr(i));
        if (scan.kind != Utf8Scan::Kind::character) return i;
        i += scan.length;
    }
    return i;
}

void append_utf8(std::string& text, char32_t code) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes.data());
    text.append(bytes.begin(), bytes.begin() + length);
}

const CharClass* char_classes() {
    static const std::vector<CharClass> classes = build_char_classes();
    return classes.data();
}

bool is_plainly_nfc(std::string_view text) {
    // Lead bytes below 0xCC begin characters below U+0300; continuation bytes are smaller still.
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

std::string to_nfc(std::string_view text) {
    if (is_plainly_nfc(text)) return std::string(text);
    std::vector<std::int32_t> codes = decompose(text);
    const auto length =
        utf8proc_normalize_utf32(codes.data(), static_cast<utf8proc_ssize_t>(codes.size()), UTF8PROC_COMPOSE);
    std::string normal;
    normal.reserve(text.size());
    for (const std::int32_t c : std::span(codes).first(length)) {
        append_utf8(normal, static_cast<char32_t>(c));
    }
    return normal;
}

void append_complete_utf8(std::string& text, std::string& pending, std::string_view bytes) {
    std::string joined;
    if (!pending.empty()) {
        joined = std::move(pending);
        pending.clear();
        joined += bytes;
        bytes = joined;
    }
    while (!bytes.empty()) {
        const std::size_t valid = valid_utf8_prefix(bytes);
        text += bytes.substr(0, valid);
        bytes.remove_prefix(valid);
        if (bytes.empty()) return;
        const Utf8Scan scan = scan_utf8(bytes);
        if (scan.kind == Utf8Scan::Kind::incomplete) {
            pending = bytes;
            return;
        }
        text += replacement_character;
        bytes.remove_prefix(scan.length);
    }
}

}  // namespace ergon::text
