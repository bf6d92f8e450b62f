#include "client/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"

namespace ergon::client {
namespace {

using base::ErrorCode;
using ergon::test::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> events_of(const std::vector<std::string>& pieces, std::size_t limit = 1000) {
    std::vector<std::string> found;
    const auto take = [&](std::string_view data) {
        found.emplace_back(data);
        return true;
    };
    EventStream stream(limit);
    for (const std::string& piece : pieces) EXPECT_TRUE(stream.push(piece, take));
    stream.finish(take);
    return found;
}

TEST(EventStream, FindsData) {
    EXPECT_THAT(events_of({"data: one\n\ndata:two\n\n"}), ElementsAre("one", "two"));
    EXPECT_THAT(events_of({"data:  two spaces \n\n"}), ElementsAre(" two spaces "));
    EXPECT_THAT(events_of({"data: a\r\n\r\ndata: b\r\rdata: c\n\n"}), ElementsAre("a", "b", "c"));
    EXPECT_THAT(events_of({"data: a\ndata: b\ndata\n\n"}), ElementsAre("a\nb\n"));
    EXPECT_THAT(events_of({"data: a\r\ndata: b\r\n\r\n", "data: c\r", "\ndata: d\r\n"}), ElementsAre("a\nb", "c\nd"));
    EXPECT_THAT(events_of({"data:\n\n"}), ElementsAre(""));
}

TEST(EventStream, PassesOverTheRest) {
    EXPECT_THAT(events_of({": keep-alive\n\n: keep-alive\n\nid: 3\nevent: x\nretry: 7\ndata: a\n\n"}),
                ElementsAre("a"));
    EXPECT_THAT(events_of({"database: a\n\nDATA: b\n\n data: c\n\nnonsense\n\n\n\n"}), IsEmpty());
    EXPECT_THAT(events_of({"\xEF\xBB\xBF"
                           "data: a\n\n\xEF\xBB\xBF"
                           "data: b\n\n"}),
                ElementsAre("a"));
}

TEST(EventStream, AnEventThatNothingClosesCounts) {
    EXPECT_THAT(events_of({"data: a"}), ElementsAre("a"));
    EXPECT_THAT(events_of({"data: a\n"}), ElementsAre("a"));
    EXPECT_THAT(events_of({""}), IsEmpty());
}

TEST(EventStream, StopsWhenTold) {
    EventStream stream(1000);
    int seen = 0;
    EXPECT_FALSE(stream.push("data: a\n\ndata: b\n\n", [&](std::string_view) { return ++seen < 1; }));
    EXPECT_EQ(seen, 1);
}

TEST(EventStream, HasLimits) {
    EXPECT_THAT(events_of({"data: " + std::string(94, 'x') + "\n\n"}, 100), ElementsAre(std::string(94, 'x')));
    const auto refuses = [](const std::vector<std::string>& pieces) {
        expect_error(ErrorCode::out_of_budget, "100 bytes", [&] { events_of(pieces, 100); });
    };
    refuses({std::string(101, 'x')});
    refuses({std::string(60, ':'), std::string(60, ':')});
    refuses({"data: " + std::string(60, 'x') + "\ndata: " + std::string(60, 'x') + "\n"});
    std::string empty_lines;
    for (int i = 0; i < 102; ++i) empty_lines += "data\n";
    refuses({empty_lines});
}

// A parser that begins anew at each line takes hours.
TEST(EventStream, EachLineOfALongEventIsLookedAtOnce) {
    int asked = 0;
    EventStream stream(std::size_t{4} << 20, [&asked](std::string_view data) {
        ++asked;
        return data.front() == '{';
    });
    const auto none = [](std::string_view) { return true; };
    std::string open = "data: [\n", closed = "data: []\n";
    for (int i = 0; i < 400'000; ++i) {
        open += "data: {},\n";
        closed += "data: {}\n";
    }
    stream.push(open + "\n", none);
    EXPECT_EQ(asked, 0) << "the list is open to its end";
    stream.push(closed + "\n", none);
    EXPECT_EQ(asked, 1) << "what was closed and no event never becomes one";
}

TEST(EventStream, KnowsWhetherBracketsAreOpen) {
    const auto open_in = [](std::string_view text) {
        OpenBrackets whole, by_letter;
        whole.push(text);
        for (const char c : text) by_letter.push({&c, 1});
        EXPECT_EQ(whole.any(), by_letter.any()) << text;
        return whole.any();
    };
    for (const char* const open : {"{", "[1, {}", R"({"a": "})", R"("\")", R"(["\\", ")"})
        EXPECT_TRUE(open_in(open)) << open;
    for (const char* const closed : {"", "7", "{}", R"({"a": "[{\""})", R"("\\")", "]", "[DONE]"}) {
        EXPECT_FALSE(open_in(closed)) << closed;
    }
}

// The same bytes give the same events, wherever they are cut.
TEST(EventStream, CutsChangeNothing) {
    constexpr std::array<const char*, 10> parts{"data: x", "data: yy", "data", ": c",      "\n",
                                                "\r\n",    "\r",       "\n\n", "\r\n\r\n", "id: 1"};
    base::RandomSequence random(7);
    for (int round = 0; round < 300; ++round) {
        std::string bytes;
        for (std::uint64_t i = 2 + random.below(14); i > 0; --i) bytes += parts[random.below(parts.size())];
        const std::vector<std::string> whole = events_of({bytes});
        std::vector<std::string> letters;
        for (const char letter : bytes) letters.emplace_back(1, letter);
        EXPECT_EQ(events_of(letters), whole) << bytes;
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            EXPECT_EQ(events_of({bytes.substr(0, cut), bytes.substr(cut)}), whole) << bytes << " cut at " << cut;
        }
    }
}

}  // namespace
}  // namespace ergon::client
