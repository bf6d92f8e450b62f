#pragma once
// UTF-8 and the character classes that pre-tokenisers distinguish. Properties come from utf8proc.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ergon::text {

/// What stands at the beginning of some bytes.
struct Utf8Scan {
    enum class Kind { character, invalid, incomplete };
    Kind kind;
    std::size_t length;  // of the character, or of the longest part that a valid character could have begun with (>= 1)
};

/// Looks at the first character of `bytes` (not empty). "incomplete": the bytes end inside what may become a character.
Utf8Scan scan_utf8(std::string_view bytes);

/// The length of the longest prefix that is valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view bytes);

/// The length of the longest prefix in which no valid character begins.
std::size_t broken_utf8_prefix(std::string_view bytes);

/// Calls `valid` with each stretch of valid UTF-8 and `broken` with each stretch of bytes between, in order.
template <typename Valid, typename Broken>
void for_each_utf8_part(std::string_view bytes, const Valid& valid, const Broken& broken) {
    while (!bytes.empty()) {
        const std::size_t good = valid_utf8_prefix(bytes);
        if (good > 0) valid(bytes.substr(0, good));
        bytes.remove_prefix(good);
        const std::size_t bad = broken_utf8_prefix(bytes);
        if (bad > 0) broken(bytes.substr(0, bad));
        bytes.remove_prefix(bad);
    }
}

struct DecodedCharacter {
    char32_t code;
    std::size_t length;
};

/// The first character of valid UTF-8 text (not empty).
inline DecodedCharacter decode_character(const char* text) {
    const auto byte = [text](int i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

/// Appends the UTF-8 form of a code point (below 0x110000).
void append_utf8(std::string& text, char32_t code);

/// Bit sets of Unicode properties. Every assigned or unassigned code point has at least one bit.
using CharClass = std::uint16_t;
namespace char_class {
inline constexpr CharClass cased_upper = 1 << 0;  // Lu, Lt
inline constexpr CharClass lower = 1 << 1;        // Ll
inline constexpr CharClass uncased = 1 << 2;      // Lm, Lo
inline constexpr CharClass mark = 1 << 3;         // M
inline constexpr CharClass number = 1 << 4;       // N
inline constexpr CharClass decimal = 1 << 5;      // Nd
inline constexpr CharClass punctuation = 1 << 6;  // P
inline constexpr CharClass symbol = 1 << 7;       // S
inline constexpr CharClass space = 1 << 8;        // White_Space
inline constexpr CharClass newline = 1 << 9;      // CR, LF (beside `space`)
inline constexpr CharClass word = 1 << 10;        // \w: Alphabetic, M, Nd, Pc (beside its category)
inline constexpr CharClass other = 1 << 11;       // C, except white space
inline constexpr CharClass letter = cased_upper | lower | uncased;
}  // namespace char_class

/// The class of every code point: 0x110000 entries, built at first use.
const CharClass* char_classes();

/// Unicode normalisation form C of valid UTF-8 text, in time n log n even for endless runs of combining marks.
std::string to_nfc(std::string_view text);
/// Whether the text cannot change under NFC because all of it lies below U+0300 (a quick, sufficient test).
bool is_plainly_nfc(std::string_view text);

/// Moves what is complete in `pending` + `bytes` to the end of `text`; bytes that cannot become a character turn into
/// U+FFFD, one for each longest prefix of a character (as the Unicode standard recommends). The rest stays in
/// `pending`.
void append_complete_utf8(std::string& text, std::string& pending, std::string_view bytes);

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace ergon::text
