#pragma once
// What Python's str knows of Unicode's letters, digits and their cases: full mappings, final sigma and title case
// included.

#include "text/marked_text.h"

namespace ergon::text::jinja {

bool is_letter(char32_t code);            // str.isalpha
bool is_decimal(char32_t code);           // str.isdecimal
bool is_digit(char32_t code);             // str.isdigit: superscripts and the like as well
bool is_numeric(char32_t code);           // str.isnumeric: fractions and the like as well
bool is_alphanumeric(char32_t code);      // str.isalnum
bool is_lower(char32_t code);             // the property Lowercase
bool is_upper(char32_t code);             // the property Uppercase
bool is_title(char32_t code);             // title case letters such as ǅ
bool is_cased(char32_t code);             // one of the three
bool is_identifier_start(char32_t code);  // of Python's names
bool is_identifier_part(char32_t code);   // behind the first character

// str.upper and its kin; every character keeps its author.
MarkedText to_upper(const MarkedText& text);
MarkedText to_lower(const MarkedText& text);
MarkedText to_title(const MarkedText& text);
MarkedText capitalize(const MarkedText& text);
MarkedText swap_case(const MarkedText& text);
MarkedText fold_case(const MarkedText& text);

}  // namespace ergon::text::jinja
