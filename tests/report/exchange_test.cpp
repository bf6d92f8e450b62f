#include "report/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings/characters.h"
#include "report/markup/characters.h"
#include "report/svg.h"

namespace ergon::report {
namespace {

using test::count;
using testing::HasSubstr;
using testing::Not;

std::string answered(const std::string& text) {
    return markup(Exchange{"h", "p", {{"model", "", "", text}}}).text();
}

TEST(Exchange, EverythingStandsInItsPlace) {
    const std::string text =
        markup(Exchange{"1. Moon", "How far?", {{"A", "12 tokens", "Hm.\n  So", "Far"}, {"B", "", "", "Near"}}}).text();
    EXPECT_EQ(text,
              "<details class=\"exchange\"><summary><bdi>1. Moon</bdi></summary>"
              "<div class=\"prompt\"><div class=\"written\" dir=\"auto\">How far?</div></div>"
              "<div class=\"answers\">"
              "<div class=\"answer\"><h4>A</h4><p class=\"remark\">12 tokens</p>"
              "<details class=\"thought\"><summary>Thought, 8 characters</summary>"
              "<div class=\"thinking\"><div class=\"written\" dir=\"auto\">Hm.\n  So</div></div></details>"
              "<div class=\"written\" dir=\"auto\">Far</div></div>"
              "<div class=\"answer\"><h4>B</h4><div class=\"written\" dir=\"auto\">Near</div></div>"
              "</div></details>");
}

TEST(Exchange, WhatIsMissingIsSaid) {
    EXPECT_THAT(answered(""), HasSubstr("<p class=\"remark\">No answer.</p>"));
    EXPECT_THAT(answered(""), Not(HasSubstr("thought")));
    EXPECT_THAT(markup(Exchange{}).text(), HasSubstr("<div class=\"answers\"></div>"));
}

TEST(Exchange, ALongTextIsCutAndSaysByHowMuch) {
    const std::string longest(max_shown_characters, 'x');
    EXPECT_THAT(answered(longest), Not(HasSubstr("more characters")));
    EXPECT_THAT(answered(longest + "y"), HasSubstr("x</div><p class=\"remark\">… (1 more characters are in"));
    // A megabyte of three-byte characters: counted as characters, never cut within one.
    std::string megabyte;
    while (megabyte.size() < 1'000'000) megabyte += "深";
    const std::string cut = answered(megabyte);
    EXPECT_EQ(count(cut, "深"), max_shown_characters);
    EXPECT_THAT(cut, HasSubstr("… (313,334 more characters are in the results file)"));
    EXPECT_THAT(cut, Not(HasSubstr("\uFFFD")));
    const std::string thought = markup(Exchange{"", "", {{"", "", megabyte, ""}}}).text();
    EXPECT_THAT(thought, HasSubstr("Thought, 333,334 characters"));
    EXPECT_LT(thought.size(), 4 * max_shown_characters);
    EXPECT_LT(markup(Exchange{"", megabyte, {}}).text().size(), 4 * max_shown_characters);
}

TEST(Exchange, AnswersAreOnlyText) {
    const std::string text = answered("</div><script>x</script>\xe2\x80\xae\x1b[2J\xff");
    EXPECT_THAT(text, HasSubstr("&lt;/div&gt;&lt;script&gt;x&lt;/script&gt;\uFFFD\uFFFD[2J\uFFFD</div>"));
    EXPECT_EQ(count(text, "<div"), count(text, "</div>"));
}

TEST(Beginning, IsCutBetweenCharacters) {
    EXPECT_EQ(beginning_of("Grüße", 3).text, "Grü");
    EXPECT_EQ(beginning_of("Grüße", 3).left_out, 2u);
    EXPECT_EQ(beginning_of("Grüße", 5).left_out, 0u);
    EXPECT_EQ(beginning_of("", 5).text, "");
    EXPECT_EQ(beginning_of("abc", 0).left_out, 3u);
    EXPECT_EQ(beginning_of("a\r\nb", 2).text, "a\n");
}

TEST(Characters, LinesEndAsInXml) {
    EXPECT_EQ(base::characters("a\r\nb\rc\r"), U"a\nb\nc\n");
    EXPECT_EQ(base::characters("\r\r\n"), U"\n\n");
}

}  // namespace
}  // namespace ergon::report
