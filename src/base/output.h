#pragma once
// The one way to stdout and stderr: all that the program says goes through here (tests/ground/test_output.py says so).
// No failure of them is thrown: who cannot be told is not told, and the work goes on.

#include <cstddef>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "base/strings/characters.h"

namespace ergon::base {

enum class Stream { out, error };

/// Text for people: made visible (characters.h).
void write_text(Stream stream, std::string_view text);

/// What a model wrote, or what programs read: byte for byte to a file or a pipe, made visible on a terminal.
void write_data(Stream stream, std::string_view text);

/// A terminal's own sequence (a colour, a cleared line); nothing where the stream is no terminal.
void write_control(Stream stream, std::string_view sequence);

/// Longer lines of what is for people lose their middle: more than any of ours, less than what makes a terminal useless
/// (assumed).
inline constexpr std::size_t longest_line = 2000;

/// A result, to stdout.
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
    write_text(Stream::out, fmt::format(format, std::forward<Args>(args)...));
}

/// The same of what programs read.
template <typename... Args>
void print_data(fmt::format_string<Args...> format, Args&&... args) {
    write_data(Stream::out, fmt::format(format, std::forward<Args>(args)...));
}

/// A sentence that is not the result, to stderr: one line, whatever the names in it hold.
template <typename... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
    write_text(Stream::error, visible_line(fmt::format(format, std::forward<Args>(args)...), longest_line) + "\n");
}

/// Sends off what was printed, before something is told that is to stand below it where both go to one place.
void flush_output();

/// The errno of the first failure of stdout; 0 if there was none. Who prints without end asks now and then.
int output_problem();

/// A standard descriptor that is closed would be given to the next file that is opened, and a message be written into
/// it. They are held by what can be neither read nor written, so that they fail as closed ones do. For main().
void hold_standard_descriptors();

}  // namespace ergon::base
