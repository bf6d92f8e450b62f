#include "report/markup/markup.h"

#include <gtest/gtest.h>
#include <limits>

#include "report/markup/characters.h"

namespace ergon::report {
namespace {

std::string escaped(std::string_view text) {
    return Markup(text).text();
}

TEST(Markup, TextIsNeverMarkup) {
    EXPECT_EQ(escaped("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
    EXPECT_EQ(escaped("a & b \"c\" 'd'"), "a &amp; b &quot;c&quot; &#39;d&#39;");
    EXPECT_EQ(escaped("&lt;"), "&amp;lt;");
    EXPECT_EQ(escaped("Grüße 深度求索 🙂"), "Grüße 深度求索 🙂");
    EXPECT_EQ(Markup().element("p", {{"class", "\"><img onerror=1 x=\""}}, "</p><b>").text(),
              "<p class=\"&quot;&gt;&lt;img onerror=1 x=&quot;\">&lt;/p&gt;&lt;b&gt;</p>");
}

TEST(Markup, BytesThatAreNoTextAreReplaced) {
    EXPECT_EQ(escaped("a\xff z"), "a\uFFFD z");
    EXPECT_EQ(escaped(std::string_view("a\0b\x1b[31m", 8)), "a\uFFFDb\uFFFD[31m");
    EXPECT_EQ(escaped("\xc0\xbc"), "\uFFFD\uFFFD");    // '<' in two bytes
    EXPECT_EQ(escaped("\xed\xa0\x80"), "\uFFFD");      // a surrogate
    EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\uFFFD");  // beyond Unicode
    EXPECT_EQ(escaped("\xef\xbf\xbe"), "\uFFFD");      // no character
    EXPECT_EQ(escaped("x\xe2\x80\xae"
                      "7.3"),
              "x\uFFFD"
              "7.3");                                // would print what follows backwards
    EXPECT_EQ(escaped("\xe2\x82"), "\uFFFD\uFFFD");  // cut short
}

TEST(Markup, LinksGoToTheWebOnly) {
    EXPECT_TRUE(Address::web("https://example.org/?a=1&b=2"));
    EXPECT_TRUE(Address::web("http://example.org"));
    for (const char* address :
         {"javascript:alert(1)", " https://example.org", "data:text/html,x", "", "//example.org"}) {
        EXPECT_FALSE(Address::web(address)) << address;
    }
    EXPECT_EQ(Markup().element("a", {*Address::web("https://e.org/\"x")}, "t").text(),
              "<a href=\"https://e.org/&quot;x\">t</a>");
}

TEST(Markup, CoordinatesAreShort) {
    EXPECT_EQ(coordinate(12), "12");
    EXPECT_EQ(coordinate(12.5), "12.5");
    EXPECT_EQ(coordinate(1.0 / 3), "0.33");
    EXPECT_EQ(coordinate(-0.001), "0");
    EXPECT_EQ(coordinate(100), "100");
    EXPECT_EQ(coordinate(std::numeric_limits<double>::quiet_NaN()), "0");
}

TEST(Characters, ATextIsCutAtItsWidth) {
    EXPECT_EQ(shortened("router", 100), "router");
    const std::string cut = shortened("a very long name of a component", 8);
    EXPECT_TRUE(cut.ends_with("…"));
    EXPECT_LE(width_in_ems(cut), 8.0);
    EXPECT_GT(width_in_ems(cut), 6.0);
    EXPECT_EQ(shortened("深度求索模型", 3.5), "深度…");
    EXPECT_LT(width_in_ems("iiii"), width_in_ems("mmmm"));
}

}  // namespace
}  // namespace ergon::report
