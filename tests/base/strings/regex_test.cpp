#include "base/strings/regex.h"

#include <gtest/gtest.h>

namespace ergon::base {
namespace {

using Result = RegexSearch::Result;

Regex compiled(std::string_view expression, const RegexOptions& options = {}) {
    RegexMistake mistake;
    std::optional<Regex> regex = Regex::compile(expression, options, mistake);
    if (!regex) throw std::runtime_error(mistake.what);
    return std::move(*regex);
}

/// What it finds in a text, "-" for nothing.
std::string found(const Regex& regex, std::string_view text, std::size_t from = 0) {
    RegexSearch search(regex, {});
    if (search.find(text, from) != Result::found) return "-";
    return std::string(text.substr(search.match().begin, search.match().end - search.match().begin));
}

TEST(Regex, FindsTheSameWithAndWithoutJit) {
    for (const bool jit : {false, true}) {
        const RegexOptions options{.jit = jit};
        EXPECT_EQ(found(compiled(R"(\d+)", options), "a 12 b 345"), "12");
        EXPECT_EQ(found(compiled(R"(\d+)", options), "a 12 b 345", 4), "345");
        EXPECT_EQ(found(compiled(R"(\p{Lu}\w*)", options), "die Öffnung"), "Öffnung");
        EXPECT_EQ(found(compiled("^b$", options), "a\nb\nc"), "b");
        EXPECT_EQ(found(compiled("^c$", options), "a\nb\r\nc d"), "-");
        EXPECT_EQ(found(compiled("A", options), "a"), "-");
        EXPECT_EQ(found(compiled("", options), "a", 1), "");
    }
    EXPECT_EQ(found(compiled("ÖL", {.caseless = true}), "öl"), "öl");
    EXPECT_EQ(found(compiled(".+", {.any_bytes = true}),
                    "\xFF\xFE"
                    "ab\xFF"),
              "ab");
}

TEST(Regex, TellsTheFirstGroupThatTookPart) {
    const Regex regex = compiled("(a)|(b)|c");
    RegexSearch search(regex, {});
    ASSERT_EQ(search.find("xb", 0), Result::found);
    ASSERT_TRUE(search.first_group());
    EXPECT_EQ(search.first_group()->begin, 1u);
    EXPECT_EQ(search.first_group()->end, 2u);
    ASSERT_EQ(search.find("c", 0), Result::found);
    EXPECT_FALSE(search.first_group());
}

TEST(Regex, SaysWhatIsWrong) {
    for (const char* expression : {"ab(", R"(\C)", "a\xFF"}) {
        RegexMistake mistake;
        EXPECT_FALSE(Regex::compile(expression, {}, mistake)) << expression;
        EXPECT_FALSE(mistake.what.empty()) << expression;
    }
    RegexMistake mistake;
    EXPECT_FALSE(Regex::compile("ab(", {}, mistake));
    EXPECT_EQ(mistake.at, 3u);
    EXPECT_EQ(mistake.what, "missing closing parenthesis");
}

TEST(Regex, GivesUpAtEachLimitAndGoesOn) {
    const std::string text = std::string(2000, 'a') + "c";
    const auto gives_up = [&](const RegexOptions& options, const RegexLimits& limits) {
        const Regex regex = compiled("(a|aa)+b|x", options);
        RegexSearch search(regex, limits);
        EXPECT_EQ(search.find(text + "b", 0), Result::gave_up);
        EXPECT_FALSE(search.reason().empty());
        EXPECT_EQ(search.find("x", 0), Result::found) << "the next search has its limits to itself";
    };
    gives_up({}, {.steps = 10'000});
    gives_up({}, {.heap_kib = 16});
    gives_up({.jit = true}, {.steps = 10'000, .jit_stack = 1 << 20});
    gives_up({.count_items = true}, {.items = 1000});
}

TEST(Regex, ALargerStackIsMadeWhereItIsGranted) {
    const Regex regex = compiled("(?:(a)|b)*c", {.jit = true});
    const std::string text = std::string(20'000, 'a') + "c";
    RegexSearch small(regex, {}), large(regex, {.jit_stack = 64 << 20});
    EXPECT_EQ(large.find(text, 0), Result::found);
    EXPECT_EQ(large.find(text, 0), Result::found);
    if (small.find(text, 0) == Result::found) GTEST_SKIP() << "no JIT here, or its stack was enough";
    EXPECT_EQ(small.reason(), "JIT stack limit reached");
}

}  // namespace
}  // namespace ergon::base
