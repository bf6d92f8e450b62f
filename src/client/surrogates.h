#pragma once
// UTF-16 surrogates that a server writes as JSON escapes, one at a time: the halves of a character may come in two
// events, and half a character is no text.

#include <string>
#include <string_view>

namespace ergon::client {

/// JSON text in which every surrogate that stands alone (\ud83e without the \udd99 behind it) is a stand-in character,
/// so that a strict parser reads it. Stand-ins are private characters at the end of Unicode (from U+10F800), which
/// nobody else has a use for.
std::string with_stand_ins(std::string_view json);

/// Puts a text together from pieces that may hold stand-ins: halves that meet become their character, what stays alone
/// becomes U+FFFD.
class SurrogateJoiner {
  public:
    /// The piece, and what waited before it; a first half at its end waits for the next.
    std::string push(std::string_view piece);
    /// What still waits, as U+FFFD.
    std::string finish();

  private:
    char32_t waiting_ = 0;  // a first half, or 0
};

/// A text that is whole.
std::string joined_surrogates(std::string_view text);

}  // namespace ergon::client
