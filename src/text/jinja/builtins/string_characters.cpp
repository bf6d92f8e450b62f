// The methods of Python's str that go from character to character: cases, kinds, tabs, translation.

#include "text/jinja/builtins/builtins.h"
#include "text/jinja/builtins/case.h"
#include "text/jinja/builtins/text.h"

namespace ergon::text::jinja {
namespace {

template <MarkedText (*convert)(const MarkedText&)>
Value convert_case(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters none("upper", arguments, {});
    spend_conversion(runtime, *self.text());
    return convert(*self.text());
}

/// Calls `visit` for each character until it returns false; whether it never did.
template <typename Visit>
bool each_character(Runtime& runtime, const Value& self, const Arguments& arguments, Visit visit) {
    const Parameters none("isdigit", arguments, {});
    const std::string& text = self.text()->text();
    runtime.spend(text.size() / 4);
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        if (!visit(character.code)) return false;
        at = character.end;
    }
    return true;
}

/// Whether all characters are of a kind; `of_empty` is what that says of a text without any.
template <bool (*is_kind)(char32_t), bool of_empty = false>
Value all_are(Runtime& runtime, const Value& self, const Arguments& arguments) {
    return each_character(runtime, self, arguments, is_kind) && (of_empty || !self.text()->empty());
}

/// Whether there are letters with case, all of them of one case.
template <bool (*is_wanted)(char32_t), bool (*is_unwanted)(char32_t)>
Value has_case(Runtime& runtime, const Value& self, const Arguments& arguments) {
    bool any = false;
    const bool all = each_character(runtime, self, arguments, [&any](char32_t code) {
        any = any || is_wanted(code);
        return !is_unwanted(code) && !is_title(code);
    });
    return all && any;
}

/// Whether each word begins with a large letter and goes on with small ones.
Value is_title_case(Runtime& runtime, const Value& self, const Arguments& arguments) {
    bool inside = false;  // a word
    bool any = false;
    const bool all = each_character(runtime, self, arguments, [&](char32_t code) {
        const bool large = is_upper(code) || is_title(code), small = is_lower(code);
        if (large ? inside : small && !inside) return false;
        inside = large || small;
        any = any || inside;
        return true;
    });
    return all && any;
}

Value is_identifier(Runtime& runtime, const Value& self, const Arguments& arguments) {
    bool first = true;
    const bool all = each_character(runtime, self, arguments, [&first](char32_t code) {
        return std::exchange(first, false) ? is_identifier_start(code) : is_identifier_part(code);
    });
    return all && !first;
}

bool is_ascii(char32_t code) {
    return code < 0x80;
}

/// Tabs become spaces up to the next column that is a multiple of `tabsize`.
Value expandtabs(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("expandtabs", arguments, {"tabsize"});
    const MarkedText& text = *self.text();
    const long long size = std::max(given.integer(0, 8), 0LL);
    spend_conversion(runtime, text);
    MarkedText result;
    long long column = 0;
    for (std::size_t at = 0; at < text.text().size();) {
        const Character character = character_at(text.text(), at);
        if (character.code == U'\t') {
            const long long spaces = size > 0 ? size - column % size : 0;
            result.append(repeat(runtime, MarkedText(" ", author_at(text, at)), Integer(spaces)));
            column = 0;  // a multiple, and the next one counts from here
        } else {
            append_slice(result, text, at, character.end);
            column = character.code == U'\n' || character.code == U'\r' ? 0 : column + 1;
        }
        require_text_size(result.text().size());
        at = character.end;
    }
    return result;
}

/// What a table of str.translate says of a character: text in its place, or nothing for the character itself.
std::optional<MarkedText> translation(Runtime& runtime, const Dict& table, const Character& character, Author author) {
    const Value* found = find(runtime, table, Value(Integer(character.code)));
    if (found == nullptr) return std::nullopt;
    if (found->is_none()) return MarkedText();
    if (found->text()) return *found->text();
    const auto code = found->as_integer();
    if (!code) refuse("translate(): a table holds numbers, texts and none, not {}", type_name(*found));
    return character_text(*code, author);
}

Value translate(Runtime& runtime, const Value& self, const Arguments& arguments) {
    const Parameters given("translate", arguments, {"table"}, 1);
    require_defined(*given[0]);
    if (!given[0]->dict()) refuse("translate(): expected a mapping, not {}", type_name(*given[0]));
    const MarkedText& text = *self.text();
    spend_conversion(runtime, text);
    MarkedText result;
    for (std::size_t at = 0; at < text.text().size();) {
        const Character character = character_at(text.text(), at);
        const auto other = translation(runtime, *given[0]->dict(), character, author_at(text, at));
        other ? result.append(*other) : append_slice(result, text, at, character.end);
        require_text_size(result.text().size());
        at = character.end;
    }
    return result;
}

Value code_of(const MarkedText& text, std::size_t at) {
    return Integer(character_at(text.text(), at).code);
}

/// str.maketrans: a mapping with characters as keys, or two texts of one length and what is to go.
Value maketrans(Runtime& runtime, const Value&, const Arguments& arguments) {
    const Parameters given("maketrans", arguments, {"x", "y", "z"}, 1);
    require_defined(*given[0]);
    std::vector<std::pair<Value, Value>> table;
    if (given[1] == nullptr) {
        if (!given[0]->dict()) refuse("maketrans(): one argument must be a mapping, not {}", type_name(*given[0]));
        for (const auto& [key, value] : given[0]->dict()->entries) {
            const bool one = key.text() && count_characters(key.text()->text()) == 1;
            if (!one && !key.integer()) refuse("maketrans(): keys are numbers or texts of one character");
            assign(runtime, table, one ? code_of(*key.text(), 0) : key, value);
        }
        return Value::dict(runtime, std::move(table));
    }
    const MarkedText &from = given.text(0), &to = given.text(1);
    if (count_characters(from.text()) != count_characters(to.text())) {
        refuse("maketrans(): the first two texts must have one length");
    }
    for (std::size_t at = 0, other = 0; at < from.text().size(); at = character_at(from.text(), at).end) {
        assign(runtime, table, code_of(from, at), code_of(to, other));
        other = character_at(to.text(), other).end;
    }
    const MarkedText gone = given[2] ? given.text(2) : MarkedText();
    for (std::size_t at = 0; at < gone.text().size(); at = character_at(gone.text(), at).end) {
        assign(runtime, table, code_of(gone, at), Value());
    }
    return Value::dict(runtime, std::move(table));
}

constexpr NamedMethod methods_of_characters[] = {
    {"capitalize", convert_case<capitalize>},
    {"casefold", convert_case<fold_case>},
    {"expandtabs", expandtabs},
    {"isalnum", all_are<is_alphanumeric>},
    {"isalpha", all_are<is_letter>},
    {"isascii", all_are<is_ascii, true>},
    {"isdecimal", all_are<is_decimal>},
    {"isdigit", all_are<is_digit>},
    {"isidentifier", is_identifier},
    {"islower", has_case<is_lower, is_upper>},
    {"isnumeric", all_are<is_numeric>},
    {"isprintable", all_are<is_printable, true>},
    {"isspace", all_are<is_space>},
    {"istitle", is_title_case},
    {"isupper", has_case<is_upper, is_lower>},
    {"lower", convert_case<to_lower>},
    {"maketrans", maketrans},
    {"swapcase", convert_case<swap_case>},
    {"title", convert_case<to_title>},
    {"translate", translate},
    {"upper", convert_case<to_upper>},
};

}  // namespace

std::span<const NamedMethod> string_character_methods() {
    return methods_of_characters;
}

}  // namespace ergon::text::jinja
