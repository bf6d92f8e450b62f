#pragma once
// Text of templates: slices of marked text that keep their authors, and the few facts of Unicode that Python's str
// needs.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "text/marked_text.h"
#include "text/unicode.h"

namespace ergon::text::jinja {

/// One code point of a UTF-8 string and the bytes [begin, end) that it takes. A broken byte stands for itself.
struct Character {
    char32_t code;
    std::size_t begin;
    std::size_t end;
};

/// The character that begins at `offset` < text.size().
Character character_at(std::string_view text, std::size_t offset);
/// The character that ends at `end` > 0.
Character character_before(std::string_view text, std::size_t end);
/// Characters in a text.
std::size_t count_characters(std::string_view text);
/// The byte offset of character `index`, text.size() if there are no more than `index` characters.
std::size_t byte_offset(std::string_view text, std::size_t index);
/// The offset of the first occurrence at or behind `from`, npos if there is none. Takes time linear in both lengths,
/// which std::string_view::find does not.
std::size_t find_bytes(std::string_view text, std::string_view wanted, std::size_t from = 0);

bool is_space(char32_t code);       // str.isspace
bool is_line_break(char32_t code);  // where str.splitlines cuts
bool is_printable(char32_t code);   // what repr() leaves as it is

/// Appends the bytes [begin, end) of `from`, with their authors.
void append_slice(MarkedText& out, const MarkedText& from, std::size_t begin, std::size_t end);
MarkedText slice(const MarkedText& from, std::size_t begin, std::size_t end);
/// Who wrote the byte at `offset` < text.size().
Author author_at(const MarkedText& text, std::size_t offset);

/// Which ends of a text are stripped.
enum class Ends { both, left, right };
/// str.strip and its kin: the characters of `set` are taken from the ends, white space if it is absent.
MarkedText strip(const MarkedText& text, Ends ends, std::optional<std::string_view> set);
}  // namespace ergon::text::jinja
