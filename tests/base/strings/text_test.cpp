#include "base/strings/text.h"

#include <gtest/gtest.h>

namespace ergon::base {
namespace {

TEST(Text, EndsAreCut) {
    EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed(" \n"), "");
    EXPECT_EQ(trimmed("--a-b-", "-"), "a-b");
    static_assert(trimmed(" x ") == "x");
}

TEST(Text, OnlyAsciiLettersAreFolded) {
    EXPECT_EQ(lowered(std::string_view("AZ[ÄÉ09")), "az[ÄÉ09");
    for (int c = -128; c < 128; ++c) {
        const char byte = static_cast<char>(c);
        EXPECT_EQ(is_letter(byte), (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
        EXPECT_EQ(lowered(byte) != byte, c >= 'A' && c <= 'Z');
        EXPECT_EQ(is_digit(byte), c >= '0' && c <= '9');
    }
    EXPECT_TRUE(is_space('\v'));
    EXPECT_FALSE(is_space('\0'));
}

TEST(Text, CellsAreQuotedWhereASpreadsheetWouldMisreadThem) {
    EXPECT_EQ(csv_cell("plain text; 1.5"), "plain text; 1.5");
    EXPECT_EQ(csv_cell(""), "");
    EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
    EXPECT_EQ(csv_cell("so-called \"x\""), "\"so-called \"\"x\"\"\"");
    EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(csv_cell("\r"), "\"\r\"");
    EXPECT_EQ(csv_cell("\""), "\"\"\"\"");
}

}  // namespace
}  // namespace ergon::base
