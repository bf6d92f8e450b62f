#include "text/jinja/builtins/case.h"

#include <algorithm>
#include <array>
#include <span>
#include <utf8proc.h>

#include "text/jinja/builtins/text.h"
#include "text/unicode_exceptions.h"

namespace ergon::text::jinja {
namespace {

utf8proc_category_t category_of(char32_t code) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

bool is_in(std::span<const CodeRange> ranges, char32_t code) {
    const auto after = std::ranges::upper_bound(ranges, code, {}, &CodeRange::first);
    return after != ranges.begin() && code <= std::prev(after)->last;
}

/// Null for nearly all characters.
const SpecialCase* special_case(char32_t code) {
    const std::span<const SpecialCase> all = special_cases;
    const auto found = std::ranges::lower_bound(all, code, {}, &SpecialCase::code);
    return found != all.end() && found->code == code ? &*found : nullptr;
}

void append_mapping(std::string& out, const char32_t (&mapping)[3]) {
    for (const char32_t code : mapping) {
        if (code != 0) append_utf8(out, code);
    }
}

void append_simple(std::string& out, char32_t code, utf8proc_int32_t (*map)(utf8proc_int32_t)) {
    append_utf8(out, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(code))));
}

void append_upper(std::string& out, char32_t code) {
    if (const SpecialCase* special = special_case(code)) return append_mapping(out, special->upper);
    append_simple(out, code, utf8proc_toupper);
}

void append_title(std::string& out, char32_t code) {
    if (const SpecialCase* special = special_case(code)) return append_mapping(out, special->title);
    append_simple(out, code, utf8proc_totitle);
}

bool is_case_ignorable(char32_t code) {
    switch (category_of(code)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_SK: return true;
        default: return is_in(other_case_ignorable, code);
    }
}

/// Whether a capital sigma ends a word (SpecialCasing.txt, Final_Sigma): a cased letter stands before it and none
/// behind, what has no case left aside.
bool ends_word(std::string_view text, const Character& sigma) {
    std::size_t before = sigma.begin;
    char32_t previous = 0;
    while (before > 0) {
        const Character character = character_before(text, before);
        before = character.begin;
        previous = character.code;
        if (!is_case_ignorable(previous)) break;
        previous = 0;
    }
    if (!is_cased(previous)) return false;
    for (std::size_t after = sigma.end; after < text.size();) {
        const Character character = character_at(text, after);
        if (!is_case_ignorable(character.code)) return !is_cased(character.code);
        after = character.end;
    }
    return true;
}

void append_lower(std::string& out, std::string_view text, const Character& character) {
    if (character.code == U'Σ') {
        out += ends_word(text, character) ? "ς" : "σ";
    } else if (const SpecialCase* special = special_case(character.code)) {
        append_mapping(out, special->lower);
    } else {
        append_simple(out, character.code, utf8proc_tolower);
    }
}

/// Rebuilds a text character by character; `convert(out, text, character)` appends what one becomes.
template <typename Convert>
MarkedText map_characters(const MarkedText& text, Convert convert) {
    MarkedText result;
    std::string bytes;
    for (std::size_t at = 0; at < text.text().size();) {
        const Character character = character_at(text.text(), at);
        bytes.clear();
        convert(bytes, std::string_view(text.text()), character);
        result.append(bytes, author_at(text, at));
        at = character.end;
    }
    return result;
}

}  // namespace

bool is_letter(char32_t code) {
    const auto kind = category_of(code);
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t code) {
    return category_of(code) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(char32_t code) {
    return is_decimal(code) || is_in(other_digits, code);
}

bool is_numeric(char32_t code) {
    const auto kind = category_of(code);
    return kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_NL || kind == UTF8PROC_CATEGORY_NO ||
           is_in(other_numerals, code);
}

bool is_alphanumeric(char32_t code) {
    return is_letter(code) || is_numeric(code);
}

bool is_lower(char32_t code) {
    return category_of(code) == UTF8PROC_CATEGORY_LL || is_in(other_lowercase, code);
}

bool is_upper(char32_t code) {
    return category_of(code) == UTF8PROC_CATEGORY_LU || is_in(other_uppercase, code);
}

bool is_title(char32_t code) {
    return category_of(code) == UTF8PROC_CATEGORY_LT;
}

bool is_cased(char32_t code) {
    return is_lower(code) || is_upper(code) || is_title(code);
}

bool is_identifier_start(char32_t code) {
    const bool of_kind = is_letter(code) || category_of(code) == UTF8PROC_CATEGORY_NL || code == U'_';
    return (of_kind && !is_in(no_identifier_starts, code)) || is_in(other_identifier_starts, code);
}

bool is_identifier_part(char32_t code) {
    switch (category_of(code)) {
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_PC: return !is_in(no_identifier_parts, code);
        default: return (is_letter(code) && !is_in(no_identifier_parts, code)) || is_in(other_identifier_parts, code);
    }
}

MarkedText to_upper(const MarkedText& text) {
    return map_characters(text, [](std::string& out, std::string_view, const Character& character) {
        append_upper(out, character.code);
    });
}

MarkedText to_lower(const MarkedText& text) {
    return map_characters(text, append_lower);
}

MarkedText to_title(const MarkedText& text) {
    bool inside = false;  // a word
    return map_characters(text, [&inside](std::string& out, std::string_view whole, const Character& character) {
        inside ? append_lower(out, whole, character) : append_title(out, character.code);
        inside = is_cased(character.code);
    });
}

MarkedText capitalize(const MarkedText& text) {
    return map_characters(text, [](std::string& out, std::string_view whole, const Character& character) {
        character.begin > 0 ? append_lower(out, whole, character) : append_title(out, character.code);
    });
}

MarkedText swap_case(const MarkedText& text) {
    return map_characters(text, [](std::string& out, std::string_view whole, const Character& character) {
        if (is_upper(character.code)) {
            append_lower(out, whole, character);
        } else if (is_lower(character.code)) {
            append_upper(out, character.code);
        } else {
            append_utf8(out, character.code);
        }
    });
}

MarkedText fold_case(const MarkedText& text) {
    return map_characters(text, [](std::string& out, std::string_view, const Character& character) {
        std::array<utf8proc_int32_t, 8> folded{};
        int last_class = 0;
        const utf8proc_ssize_t count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character.code), folded.data(), folded.size(),
                                    UTF8PROC_CASEFOLD, &last_class);
        for (utf8proc_ssize_t i = 0; i < count && i < std::ssize(folded); ++i) {
            append_utf8(out, static_cast<char32_t>(folded[i]));
        }
    });
}

}  // namespace ergon::text::jinja
