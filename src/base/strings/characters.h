#pragma once
// Text from outside as characters: decoded, cleaned and cut.

#include <cstddef>
#include <string>
#include <string_view>

namespace ergon::base {

/// The characters of UTF-8. A carriage return, alone or before a newline, is a newline, as XML has it. What is no
/// character, or none that XML allows (controls other than tab and newline),
/// becomes U+FFFD, so that any bytes make a well-formed page.
std::u32string characters(std::string_view utf8);

void append_utf8(std::string& to, char32_t character);

/// The same bytes if they are UTF-8; otherwise what is no character is replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);

/// Says, once in the program's life, that somebody's text is not UTF-8 and had to be changed.
void warn_of_replacement();

/// valid_utf8, and says so where something had to be replaced.
std::string in_utf8(std::string_view bytes);

/// Text from anybody as it may go to a terminal, where no byte of it can command: control characters are shown by their
/// pictures (U+241B for Escape), C1 controls and what turns the direction of writing by their numbers (<U+202E>). Whole
/// control and operating system sequences (colours, titles, the clipboard) leave the picture of their first character.
/// Lines' ends and tabs stay, what is no UTF-8 is U+FFFD.
std::string visible(std::string_view text);

/// The same in one line of at most `most` characters, the middle left out where it is longer.
std::string visible_line(std::string_view text, std::size_t most);

/// What somebody else wrote, for a sentence of ours: one line without control characters, at most `most` characters, an
/// ellipsis where more stood.
std::string one_line(std::string_view text, std::size_t most);

}  // namespace ergon::base
