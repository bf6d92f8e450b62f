#pragma once
// Random texts that meet the corners of Unicode.

#include <array>
#include <string>

#include "base/random.h"
#include "text/unicode.h"

namespace ergon::test {

/// Characters of all kinds, those common in text more often; `characters` of them.
inline std::string random_text(base::RandomSequence& random, std::size_t characters) {
    // Alphabets by first and last code point.
    static constexpr std::array<std::array<char32_t, 2>, 26> ranges{{
        {'a', 'z'},       {'a', 'z'},         {'A', 'Z'},       {' ', ' '},       {' ', ' '},       {'0', '9'},
        {'!', '/'},       {':', '@'},         {'[', '`'},       {'\t', '\r'},     {'\n', '\n'},     {'\'', '\''},
        {0x80, 0xFF},     {0x100, 0x24F},     {0x300, 0x36F},   {0x370, 0x52F},   {0x590, 0x6FF},   {0x900, 0x97F},
        {0xE00, 0xE7F},   {0x2000, 0x206F},   {0x2150, 0x21FF}, {0x2E80, 0x30FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3},
        {0xFF00, 0xFFEF}, {0x1F300, 0x1FAFF},
    }};
    std::string text;
    for (std::size_t i = 0; i < characters;) {
        char32_t first = 1, last = 0x10FFFF;
        if (random.below(40) != 0) {
            const auto& range = ranges[random.below(ranges.size())];
            first = range[0];
            last = range[1];
        }
        for (std::size_t run = 1 + random.below(random.below(4) == 0 ? 8 : 2); run > 0 && i < characters; --run, ++i) {
            char32_t code = first + static_cast<char32_t>(random.below(last - first + 1));
            if (code >= 0xD800 && code <= 0xDFFF) code = 0x17F;  // no surrogates in UTF-8; the long s instead
            text::append_utf8(text, code);
        }
    }
    return text;
}

/// Any bytes.
inline std::string random_bytes(base::RandomSequence& random, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random.below(256));
    return bytes;
}

}  // namespace ergon::test
