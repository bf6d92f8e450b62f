#include "tasks/readers/csv.h"

#include <gtest/gtest.h>
#include <string>

#include "base/expect_error.h"
#include "base/random.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

std::vector<std::vector<std::string>> fields_of(std::string_view text) {
    std::vector<std::vector<std::string>> rows;
    for (const CsvRow& row : parse_csv(text, "a.csv")) rows.push_back(row.fields);
    return rows;
}
using Rows = std::vector<std::vector<std::string>>;

TEST(Csv, FieldsAndRows) {
    EXPECT_EQ(fields_of("a,b,c\n1,2,3\n"), (Rows{{"a", "b", "c"}, {"1", "2", "3"}}));
    EXPECT_EQ(fields_of("a,b\r\n1,2"), (Rows{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(fields_of("\xEF\xBB\xBF"
                        "a,\n,b\n"),
              (Rows{{"a", ""}, {"", "b"}}));
    EXPECT_EQ(fields_of("a, b ,\"c\"\n"), (Rows{{"a", " b ", "c"}}));
    EXPECT_EQ(fields_of("\"a,b\",\"say \"\"no\"\"\"\n"), (Rows{{"a,b", "say \"no\""}}));
    EXPECT_EQ(fields_of("\"two\nlines\",x\r\n\"\",\"\"\n"), (Rows{{"two\nlines", "x"}, {"", ""}}));
    EXPECT_EQ(fields_of("5\" pipe,x\n"), (Rows{{"5\" pipe", "x"}}));
    EXPECT_EQ(fields_of("a\rb,c\n"), (Rows{{"a\rb", "c"}}));
    EXPECT_EQ(fields_of(""), Rows{});
    EXPECT_EQ(fields_of("\n\r\n\n"), Rows{});
    EXPECT_EQ(fields_of("Grüße,→"), (Rows{{"Grüße", "→"}}));
}

TEST(Csv, RowsKnowTheirLine) {
    const auto rows = parse_csv("a\n\n\"x\ny\nz\",1\nb\n", "a.csv");
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].line, 1);
    EXPECT_EQ(rows[1].line, 3);
    EXPECT_EQ(rows[2].line, 6);
}

TEST(Csv, MistakesAreNamedWithTheirLine) {
    test::expect_error(ErrorCode::bad_file, "a.csv, line 2: the quote that opens a field here is never closed",
                       [] { parse_csv("a\n\"b\nc\n", "a.csv"); });
    test::expect_error(ErrorCode::bad_file, "a.csv, line 3: text after a closing quote",
                       [] { parse_csv("a\n\"b\nc\"d\n", "a.csv"); });
    test::expect_error(ErrorCode::bad_file, "a.csv, line 1: field 2 is not valid UTF-8",
                       [] { parse_csv("a,\xff\n", "a.csv"); });
    test::expect_error(ErrorCode::bad_file, "a.csv, line 2: more than 1000 fields",
                       [] { parse_csv("a\n" + std::string(5000, ','), "a.csv"); });
}

TEST(Csv, WhatIsWrittenIsReadAgain) {
    base::RandomSequence random(3);
    constexpr std::string_view letters = "ab,\"\n\r x";
    for (int round = 0; round < 500; ++round) {
        Rows rows(1 + random.below(4));
        std::string text;
        for (auto& row : rows) {
            row.resize(2 + random.below(3));
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += i == 0 ? "\"" : ",\"";
                for (auto left = random.below(8); left > 0; --left) {
                    row[i] += letters[random.below(letters.size())];
                    text += row[i].back() == '"' ? "\"\"" : std::string(1, row[i].back());
                }
                text += '"';
            }
            text += random.below(2) == 0 ? "\n" : "\r\n";
        }
        EXPECT_EQ(fields_of(text), rows) << text;
    }
}

TEST(Csv, AnyBytesAreRowsOrAnError) {
    base::RandomSequence random(4);
    constexpr std::string_view letters = "a,\"\n\r\xc3\xa4";
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (auto left = random.below(20); left > 0; --left) text += letters[random.below(letters.size())];
        try {
            std::size_t bytes = 0;
            for (const CsvRow& row : parse_csv(text, "a.csv")) {
                for (const std::string& field : row.fields) bytes += field.size();
            }
            EXPECT_LE(bytes, text.size());
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::bad_file);
        }
    }
}

}  // namespace
}  // namespace ergon::tasks
