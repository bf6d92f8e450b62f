#include "engine/generation/stop_strings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"

namespace ergon::engine {
namespace {

TEST(StopStrings, HoldBackWhatMayBeginOne) {
    StopStrings stops({"\nUser:", "END"});
    EXPECT_EQ(stops.push("Hello\n"), "Hello");
    EXPECT_EQ(stops.push("Us"), "");
    EXPECT_EQ(stops.push("eful E"), "\nUseful ");
    EXPECT_EQ(stops.push("N"), "");
    EXPECT_FALSE(stops.hit());
    EXPECT_EQ(stops.push("D of story"), "");
    EXPECT_TRUE(stops.hit());
    EXPECT_EQ(stops.push("more"), "");
    EXPECT_EQ(stops.finish(), "");
}

TEST(StopStrings, WhatWasHeldBackComesAtTheEnd) {
    StopStrings stops({"abc"});
    EXPECT_EQ(stops.push("xab"), "x");
    EXPECT_EQ(stops.finish(), "ab");
    EXPECT_FALSE(stops.hit());
}

TEST(StopStrings, TheOneThatIsCompleteFirstEnds) {
    StopStrings stops({"two", "one"});
    EXPECT_EQ(stops.push("zero one two"), "zero ");
    EXPECT_TRUE(stops.hit());
    StopStrings nested({"cd", "bcde", "abcd"});
    EXPECT_EQ(nested.push("xabcde"), "x");
}

// Every cut of a text into pieces gives what the whole text gives.
TEST(StopStrings, DoNotDependOnThePieces) {
    const std::string text = "aabaabaaab caab";
    for (const std::vector<std::string>& stops :
         {std::vector<std::string>{"aaab"}, {"aab c"}, {"baa", "abaab"}, {"absent", "b caabx"}, {}}) {
        StopStrings whole(stops);
        std::string expected = whole.push(text);
        expected += whole.finish();
        for (std::size_t i = 0; i <= text.size(); ++i) {
            for (std::size_t j = i; j <= text.size(); ++j) {
                StopStrings cut(stops);
                std::string out = cut.push(text.substr(0, i));
                out += cut.push(text.substr(i, j - i));
                out += cut.push(text.substr(j));
                out += cut.finish();
                ASSERT_EQ(out, expected) << i << " " << j;
                ASSERT_EQ(cut.hit(), whole.hit());
            }
        }
    }
}

TEST(StopStrings, AnEmptyOneIsRefused) {
    test::expect_error(base::ErrorCode::bad_argument, "A stop string is empty", [&] { StopStrings({"a", ""}); });
}

}  // namespace
}  // namespace ergon::engine
