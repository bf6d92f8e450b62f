#include "text/unicode.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <utf8proc.h>

#include "text/random_text.h"

namespace ergon::text {
namespace {

TEST(Unicode, NfcEqualsUtf8proc) {
    base::RandomSequence random(31);
    for (int i = 0; i < 2000; ++i) {
        std::string text = test::random_text(random, 1 + random.below(30));
        for (std::size_t at; (at = text.find('\0')) != std::string::npos;)
            text.erase(at, 1);  // utf8proc_NFC ends there
        auto* normal = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
        ASSERT_NE(normal, nullptr);
        ASSERT_EQ(to_nfc(text), reinterpret_cast<const char*>(normal)) << text;
        std::free(normal);
        if (is_plainly_nfc(text)) {
            ASSERT_EQ(to_nfc(text), text);
        }
    }
    EXPECT_EQ(to_nfc("e\u0301 \u1100\u1161\u11A8 \u212B"), "é 각 Å");
}

TEST(Unicode, EndlessMarksAreNormalisedInTime) {
    std::string text = "a";
    while (text.size() < 1'000'000) text += "\u0301\u0323";  // above, below: each pair is to be swapped
    const std::string normal = to_nfc(text);
    EXPECT_TRUE(normal.starts_with("\u1EA1\u0323\u0323"));
    EXPECT_TRUE(normal.ends_with("\u0301\u0301"));
}

TEST(Unicode, ScansCharacters) {
    using Kind = Utf8Scan::Kind;
    const auto scan = [](std::string_view bytes) { return std::pair(scan_utf8(bytes).kind, scan_utf8(bytes).length); };
    EXPECT_EQ(scan("ab"), std::pair(Kind::character, std::size_t{1}));
    EXPECT_EQ(scan("é"), std::pair(Kind::character, std::size_t{2}));
    EXPECT_EQ(scan("🦙x"), std::pair(Kind::character, std::size_t{4}));
    EXPECT_EQ(scan("\xF0\x9F\xA6"), std::pair(Kind::incomplete, std::size_t{3}));
    EXPECT_EQ(scan("\xF0\x9F\x41"), std::pair(Kind::invalid, std::size_t{2}));
    EXPECT_EQ(scan("\xC0\x80"), std::pair(Kind::invalid, std::size_t{1}));          // overlong
    EXPECT_EQ(scan("\xED\xA0\x80"), std::pair(Kind::invalid, std::size_t{1}));      // a surrogate
    EXPECT_EQ(scan("\xF4\x90\x80\x80"), std::pair(Kind::invalid, std::size_t{1}));  // beyond U+10FFFF
    EXPECT_EQ(valid_utf8_prefix("abcdefghijé\xFFz"), 12u);
}

TEST(Unicode, EveryCodePointHasAClass) {
    const CharClass* classes = char_classes();
    for (char32_t c = 0; c < 0x110000; ++c) ASSERT_NE(classes[c], 0) << static_cast<std::uint32_t>(c);
    EXPECT_EQ(classes[0x0A], char_class::space | char_class::newline);
    EXPECT_EQ(classes[0x180E] & char_class::space, 0);  // no white space since Unicode 6.3
}

}  // namespace
}  // namespace ergon::text
