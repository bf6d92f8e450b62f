#include "tasks/puzzles/small_talk.h"

#include <gtest/gtest.h>
#include <set>

#include "base/expect_error.h"
#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {
namespace {

const std::string greeting = R"({"topic": "greeting", "user": ["Hi", "Hello"], "assistant": ["Good day!"]})";

TEST(Conversation, TheOneThatShipsIsShortAndPlain) {
    const std::vector<Topic> topics = read_conversation(ERGON_SOURCE_DIR "/data/conversation.jsonl");
    std::size_t said = 0;
    for (const Topic& topic : topics) {
        said += topic.user.size();
        for (const std::string& text : topic.user) EXPECT_LE(text.size(), 80u) << text;
        for (const std::string& text : topic.assistant) EXPECT_LE(text.size(), 160u) << text;
    }
    EXPECT_GE(said, 300u);
}

// Its examples are to be learnt, so none may be held out: their keys, as the makers of worked puzzles write them.
TEST(Conversation, ItsExamplesAreNoneOfTheHeldOut) {
    for (const char* key :
         {"sum 34 58", "sum 59 149", "product 7 12", "product 8 12", "countdown 5 7 8", "order 7 19 31",
          "order 4783 4873", "decimals 750 800", "decimals 450 600", "weekday 0 10", "days 2024-02-27 5",
          "amount seconds 10800", "amount seconds 345600", "amount millimetres 3000000", "riddle 21 35 7 3:2",
          "sum 17 26", "amount seconds 3628800"}) {
        EXPECT_EQ(split_of(key), Split::train) << key;
    }
}

TEST(Conversation, ExchangesAreAFunctionOfSeedAndPlace) {
    const std::vector<Topic> topics = parse_conversation(
        greeting + "\n" + R"({"topic": "thanks", "user": ["Thanks"], "assistant": ["Welcome", "My pleasure"]})", "t");
    std::set<std::string> seen;
    for (std::uint64_t place = 0; place < 100; ++place) {
        const Exchange one = exchange(topics, 1, place), again = exchange(topics, 1, place);
        EXPECT_EQ(one.user, again.user);
        EXPECT_EQ(one.assistant, again.assistant);
        seen.insert(one.user + "|" + one.assistant);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"Hi|Good day!", "Hello|Good day!", "Thanks|Welcome", "Thanks|My pleasure"}));
}

TEST(Conversation, WrongFilesAreRefusedWithTheirLine) {
    const auto expect = [](const std::string& text, const std::string& words) {
        test::expect_error(base::ErrorCode::bad_file, words, [&] { parse_conversation(text, "talk.jsonl"); });
    };
    expect("", "talk.jsonl has no topics");
    expect(greeting + "\n" + greeting, "talk.jsonl, line 2: the topic \"greeting\" occurs twice");
    expect(R"({"topic": "a", "user": ["Hi", "Hi"], "assistant": ["x"]})", "\"Hi\" occurs twice");
    expect(R"({"topic": "a", "assistant": ["x"]})", "line 1: \"user\" must be a non-empty list of strings");
    expect(R"({"topic": "a", "user": ["x"], "assistant": []})", "\"assistant\" must be a non-empty list of strings");
    expect(R"({"topic": "a", "user": ["x"], "assistant": "y"})", "\"assistant\" must be a list of non-empty strings");
    expect(R"({"user": ["x"], "assistant": ["y"]})", "\"topic\"");
}

}  // namespace
}  // namespace ergon::tasks
