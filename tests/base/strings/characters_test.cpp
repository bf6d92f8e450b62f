#include "base/strings/characters.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ergon::base {
namespace {

TEST(ValidUtf8, KeepsWhatIsValidAndReplacesTheRest) {
    for (const char* text : {"", "plain", "Grüße, 世界 🌍", "\x01\x7F\n"}) EXPECT_EQ(valid_utf8(text), text);
    EXPECT_EQ(valid_utf8("a\xFFz"), "a\uFFFDz");
    EXPECT_EQ(valid_utf8("a\xC3"), "a\uFFFD");
    EXPECT_EQ(valid_utf8("\xC0\xAF"), "\uFFFD\uFFFD");
    EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD");        // a surrogate
    EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80x"), "\uFFFDx");  // beyond U+10FFFF
}

TEST(ValidUtf8, IsDoneOnce) {
    RandomSequence random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string bytes;
        for (std::uint64_t k = random.below(12); k > 0; --k) bytes += static_cast<char>(random.below(256));
        const std::string valid = valid_utf8(bytes);
        EXPECT_EQ(valid_utf8(valid), valid);
    }
}

TEST(Visible, NoByteCommands) {
    EXPECT_EQ(visible("plain\ttext\n"), "plain\ttext\n");
    EXPECT_EQ(visible("\x1B[1;31mred\x1B[0m"), "\u241Bred\u241B");
    EXPECT_EQ(visible("\x1B]52;c;SGk=\x07!"), "\u241B!");
    EXPECT_EQ(visible("\x1B]8;;http://x\x1B\\link"), "\u241Blink");
    EXPECT_EQ(visible("\x1BPq#0\xC2\x9C"
                      "done"),
              "\u241Bdone")
        << "a device control string";
    EXPECT_EQ(visible("\x1B]0;no end\nnext"), "\u241B]0;no end\nnext") << "nothing is lost";
    EXPECT_EQ(visible("\x1B["), "\u241B[");
    EXPECT_EQ(visible("\x1B"), "\u241B");
    EXPECT_EQ(visible("\x1B"
                      "c"),
              "\u241B"
              "c");
    EXPECT_EQ(visible("\xC2\x9B"
                      "2J!"),
              "<U+009B>!")
        << "the same as one character";
    EXPECT_EQ(visible("\xC2\x9D"
                      "0;x\x07!"),
              "<U+009D>!");
    EXPECT_EQ(visible("\xC2\x85"), "<U+0085>");
    EXPECT_EQ(visible("\x9B"
                      "2J"),
              "\uFFFD"
              "2J")
        << "and as one byte";
    EXPECT_EQ(visible("a\rb\bc\x7F"), "a\u240Db\u2408c\u2421");
    EXPECT_EQ(visible(std::string(1, '\0')), "\u2400");
    EXPECT_EQ(visible("\u202Egnp\u2066x"), "<U+202E>gnp<U+2066>x");
    EXPECT_EQ(visible("Grüße, 日本 😀"), "Grüße, 日本 😀");
}

TEST(VisibleLine, LosesItsMiddleWhereItIsLong) {
    EXPECT_EQ(visible_line("a\nb\tc", 10), "a b c");
    EXPECT_EQ(visible_line("0123456789", 10), "0123456789");
    EXPECT_EQ(visible_line("0123456789A", 10), "0123…6789A");
    EXPECT_EQ(visible_line("äöüßäöüßäöü", 10), "äöüß…üßäöü");
}

TEST(OneLine, IsShortAndPrintable) {
    EXPECT_EQ(one_line("plain", 5), "plain");
    EXPECT_EQ(one_line("plainer", 5), "plain…");
    EXPECT_EQ(one_line("  two\n\n\twords \n", 20), "two words");
    EXPECT_EQ(one_line("two words", 4), "two…");
    EXPECT_EQ(one_line("\x1B[31mred", 20), "\uFFFD[31mred");
    EXPECT_EQ(one_line("Grüße", 4), "Grüß…");
    EXPECT_EQ(one_line("", 4), "");
    EXPECT_EQ(one_line("\xFF", 4), "\uFFFD");
}

}  // namespace
}  // namespace ergon::base
