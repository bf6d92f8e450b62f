#include "base/json/json.h"

#include <gtest/gtest.h>
#include <string>

#include "base/clock.h"
#include "base/expect_error.h"
#include "base/sanitized.h"
#include "base/temporary_directory.h"

namespace {

using namespace ergon;
using namespace ergon::base;
using test::expect_error;

TEST(Json, EveryKindOfValueInItsOrder) {
    const Json json =
        parse_json(R"({"z": [1, -2, 2.5, true, null, "ü\u00fc"], "a": {"b": {}}, "m": 18446744073709551615})", "x");
    EXPECT_EQ(json.dump(), R"({"z":[1,-2,2.5,true,null,"üü"],"a":{"b":{}},"m":18446744073709551615})");
    EXPECT_TRUE(json["z"][0].is_number_unsigned());
    EXPECT_TRUE(json["z"][1].is_number_integer());
    EXPECT_TRUE(json["z"][2].is_number_float());
    EXPECT_EQ(parse_json("3", "x"), 3);
    EXPECT_EQ(parse_json("[]", "x"), Json::array());
}

TEST(Json, EqualsTheLibrarysOwnParser) {
    const std::string text = R"([[], {}, {"a": [{"b": [1, 2, {"c": "d"}]}, "e"], "f": {"g": {"h": false}}}, [[[0]]]])";
    EXPECT_EQ(parse_json(text, "x"), Json::parse(text));
}

TEST(Json, WrongSyntaxIsPlaced) {
    const auto bad = ErrorCode::bad_file;
    expect_error(bad, "x is not valid JSON: line 2, column 4: syntax error while parsing value - unexpected ','",
                 [] { parse_json("[1,\n 2,,]", "x"); });
    expect_error(bad, "line 1, column 1: syntax error while parsing value - unexpected end of input",
                 [] { parse_json("", "x"); });
    expect_error(bad, "line 3, column 1", [] { parse_json("[\n\n", "x"); });
    expect_error(bad, "ill-formed UTF-8 byte", [] { parse_json("\"\xff\"", "x"); });
    expect_error(bad, "number overflow", [] { parse_json("{\"a\": 1e999}", "x"); });
    expect_error(bad, "line 1, column 4", [] { parse_json("{} x", "x"); });
    expect_error(bad, "invalid literal", [] { parse_json("NaN", "x"); });
}

TEST(Json, TheSentenceStaysShortForALongToken) {
    try {
        parse_json("\"" + std::string(100'000, 'a') + "\n\"", "x");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_LT(std::string(error.what()).size(), 400u);
    }
}

TEST(Json, KeysMayNotStandTwice) {
    expect_error(ErrorCode::bad_file, "x has the key \"a\" twice in one object",
                 [] { parse_json(R"({"a": 1, "b": {}, "a": 2})", "x"); });
    expect_error(ErrorCode::bad_file, "has the key \"b\" twice",
                 [] { parse_json(R"([{"a": {"b": 1, "\u0062": 1}}])", "x"); });
    EXPECT_NO_THROW(parse_json(R"([{"a": {"a": 1}}, {"a": 2}])", "x"));
}

TEST(Json, NestingIsBounded) {
    const auto nested = [](int depth) {
        const auto n = static_cast<std::size_t>(depth);
        return std::string(n, '[') + std::string(n, ']');
    };
    EXPECT_NO_THROW(parse_json(nested(128), "x"));
    expect_error(ErrorCode::bad_file, "x nests deeper than 128 levels", [&] { parse_json(nested(129), "x"); });
    expect_error(ErrorCode::bad_file, "x nests deeper than 128 levels",
                 [&] { parse_json(std::string(1'000'000, '['), "x"); });
    expect_error(ErrorCode::bad_file, "x nests deeper than 2 levels",
                 [&] { parse_json(R"({"a": {"b": []}})", "x", {.depth = 2}); });
}

// An ordered object looks keys up one by one; a parser that does so for each key takes minutes here.
TEST(Json, WholeNumbersAreNotCut) {
    EXPECT_EQ(get_integer<int>(parse_json("-7", "input")), -7);
    EXPECT_EQ(get_integer<std::uint64_t>(parse_json("18446744073709551615", "input")), 18446744073709551615u);
    for (const char* other : {"1.5", "1e300", "true", "\"7\"", "null", "2147483648", "18446744073709551615"}) {
        expect_error(ErrorCode::bad_file, "expected a whole number",
                     [&] { get_integer<int>(parse_json(other, "input")); });
        EXPECT_FALSE(holds_integer<int>(parse_json(other, "input"))) << other;
    }
}

TEST(Json, AVocabularyOf200000KeysTakesLinearTime) {
    std::string text = "{";
    for (int i = 0; i < 200'000; ++i) text += fmt::format("{}\"token{}\":{}", i == 0 ? "" : ",", i, i);
    text += "}";
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(parse_json(text, "x").size(), 200'000u);
    EXPECT_LT((base::now() - begin).value(), 20'000'000'000);
}

// The library's parser with a callback walks through the whole list at the end of each object in it.
TEST(Json, AListOfManyObjectsTakesLinearTime) {
    std::string text = "[";
    for (int i = 0; i < 1'000'000; ++i) text += "{},";
    text += "{}]";
    const base::Nanoseconds begin = base::now();
    EXPECT_EQ(parse_json(text, "x").size(), 1'000'001u);
    EXPECT_EQ(parse_json<TreeJson>(text, "x").size(), 1'000'001u);
    EXPECT_LT((base::now() - begin).value(), 20'000'000'000);
}

TEST(Json, TheNumberOfValuesIsBounded) {
    if (test::sanitized) GTEST_SKIP() << "four million values take a sanitized parser half a minute";
    std::string text = "[0";
    for (std::size_t i = 2; i < json_value_limit; ++i) text += ",0";
    EXPECT_EQ(parse_json(text + "]", "x").size(), json_value_limit - 1) << "the list itself is one";
    expect_error(ErrorCode::bad_file, "x holds more than 4194304 values", [&] { parse_json(text + ",0]", "x"); });
    expect_error(ErrorCode::bad_file, "x holds more than 4194304 values",
                 [&] { parse_json<TreeJson>(text + ",[]]", "x"); });
}

TEST(Json, ATreeOfKeysIsTheSameDocument) {
    const std::string text = R"({"z": [1, -2, 2.5, true, null, "ü"], "a": {"b": {}}, "m": 18446744073709551615})";
    EXPECT_EQ(parse_json<TreeJson>(text, "x"), TreeJson::parse(text));
    expect_error(ErrorCode::bad_file, "x has the key \"b\" twice in one object",
                 [] { parse_json<TreeJson>(R"([{"a": {"b": 1, "c": {}, "\u0062": {}}}])", "x"); });
    expect_error(ErrorCode::bad_file, "x nests deeper than 128 levels",
                 [&] { parse_json<TreeJson>(std::string(1'000'000, '['), "x"); });
}

TEST(Json, WhatIsNestedTooDeepMayBeDropped) {
    const JsonRules two{.depth = 2, .deeper = DeeperValues::dropped};
    EXPECT_EQ(parse_json(R"({"a": {"b": [1, {"c": 2}], "d": 3}, "e": [[4], 5]})", "x", two).dump(),
              R"({"a":{"d":3},"e":[5]})");
    EXPECT_EQ(parse_json(std::string(1'000'000, '[') + std::string(1'000'000, ']'), "x", two).dump(), "[[]]");
}

TEST(Json, AFileIsNamedInItsErrors) {
    const test::TemporaryDirectory directory;
    const auto path = directory.write("config.json", "{\"a\": }");
    expect_error(ErrorCode::bad_file, path.string() + " is not valid JSON: line 1, column 7", [&] { read_json(path); });
    expect_error(ErrorCode::not_found, "none.json", [&] { read_json(directory / "none.json"); });
}

}  // namespace
