// Files into counted pieces.

#include "train/tokenizer/training_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "base/temporary_directory.h"
#include "text/random_text.h"
#include "text/unicode.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using test::expect_error;
using testing::Pair;
using testing::UnorderedElementsAre;

PieceCounts pieces_of(std::string_view text) {
    PieceCounter counter;
    counter.add(text);
    return counter.counted().pieces;
}

TrainingText read(const std::vector<std::filesystem::path>& files, int threads = 1) {
    base::ThreadPool pool(threads);
    return read_training_text(files, pool);
}

TEST(TrainingText, CountsPieces) {
    EXPECT_THAT(pieces_of("the cat, the hat: 12 + 12"),
                UnorderedElementsAre(Pair("the", 1), Pair(" cat", 1), Pair(",", 1), Pair(" the", 1), Pair(" hat", 1),
                                     Pair(":", 1), Pair(" ", 2), Pair("1", 2), Pair("2", 2), Pair(" +", 1)));
}

TEST(TrainingText, MarkersAreWords) {
    EXPECT_THAT(pieces_of("</think><｜User｜>"), UnorderedElementsAre(Pair("</", 1), Pair("think", 1), Pair("><｜", 1),
                                                                      Pair("User", 1), Pair("｜>", 1)));
}

TEST(TrainingText, ComposesCharactersAndKeepsBrokenBytesApart) {
    EXPECT_THAT(pieces_of("cafe\u0301\xFF\xFE!\xC3"),
                UnorderedElementsAre(Pair("café", 1), Pair("\xFF\xFE", 1), Pair("!", 1), Pair("\xC3", 1)));
}

TEST(TrainingText, PlainFilesAndJsonLines) {
    const test::TemporaryDirectory folder;
    const auto plain = folder.write("a.txt", std::string_view("one two\n"));
    const auto lines = folder.write(
        "b.jsonl", std::string_view("{\"prompt\": \"one\", \"answer\": 42, \"id\": \"ignored\"}\n\n"
                                    "{\"text\": \"one\\ntwo\"}\r\n{\"thinking\": \"\", \"answer\": \" two\"}"));
    const TrainingText text = read({plain, lines});
    // Fields are texts of their own: "one" and "42" are not neighbours.
    EXPECT_THAT(text.pieces, UnorderedElementsAre(Pair("one", 3), Pair(" two", 2), Pair("two", 1), Pair("\n", 2),
                                                  Pair("4", 1), Pair("2", 1)));
    EXPECT_EQ(text.bytes.value(), 8 + 3 + 2 + 7 + 4);
}

TEST(TrainingText, RefusesWhatIsNoText) {
    const test::TemporaryDirectory folder;
    expect_error(ErrorCode::not_found, "none.txt", [&] { read({folder / "none.txt"}); });
    expect_error(ErrorCode::bad_file, "is not a regular file", [&] { read({folder.path()}); });
    const auto refuse = [&](std::string_view content, const std::string& fragment) {
        const auto file = folder.write("x.jsonl", content);
        expect_error(ErrorCode::bad_file, file.string() + fragment, [&] { read({file}); });
    };
    refuse("{\"text\": \"a\"}\n[1]\n", ", line 2: expected one JSON object on the line.");
    refuse("{\"text\": \"a\"", ", line 1: expected one JSON object on the line. It is not valid JSON");
    refuse("\n\n{\"question\": \"a\"}\n",
           ", line 3: expected at least one of \"prompt\", \"thinking\", \"answer\" and \"text\" with a text.");
    refuse("{\"prompt\": [\"a\"]}\n", ", line 1: \"prompt\" must be a string.");
    const std::string word(1 << 20, 'a');
    refuse("{\"text\": \"b " + word + "a\"}\n", ", line 1 has a word of 1048578 bytes");
    EXPECT_EQ(read({folder.write("long.txt", std::string_view(word))}).pieces.size(), 1u);
    const auto broken = folder.write("broken.txt", std::string_view(std::string((1 << 20) + 1, '\xFF')));
    expect_error(ErrorCode::bad_file, broken.string() + " has a word of 1048577 bytes", [&] { read({broken}); });
    EXPECT_TRUE(read({folder.write("empty.txt", std::string_view())}).pieces.empty());
}

// The first bad line is told, whichever thread meets one first; lines are counted across the parts of a file.
TEST(TrainingText, NamesTheFirstBadLineOfALargeFile) {
    const test::TemporaryDirectory folder;
    std::string lines;
    int bad = 0;
    for (int line = 1; lines.size() < 5'000'000; ++line) {
        const bool is_bad = line > 60'000 && line % 10'000 == 7;
        if (is_bad && bad == 0) bad = line;
        lines += is_bad ? "{}\n" : "{\"text\": \"a line of text that is neither long nor short\"}\n";
    }
    const auto file = folder.write("x.jsonl", lines);
    ASSERT_EQ(bad, 60'007);
    for (const int threads : {1, 3}) {
        expect_error(ErrorCode::bad_file, ", line 60007: expected at least one", [&] { read({file}, threads); });
    }
}

TEST(TrainingText, PartsAreCutWherePiecesEnd) {
    int cuts = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        base::RandomSequence random(seed);
        std::string text;
        while (text.size() < 2000) {
            text += test::random_text(random, random.below(60));
            static constexpr const char* ends[] = {"\n",  "\n\n",       " \n",      "\n ",   "\r\n",
                                                   "!\n", "\n\u3000\n", "\n\u0301", "\xFF\n"};
            text += ends[random.below(std::size(ends))];
        }
        PieceCounter parts;
        std::string joined;
        for (const std::string_view part : cut_between_pieces(text, 1 + random.below(50))) {
            parts.add(part);
            joined += part;
            ++cuts;
        }
        ASSERT_EQ(joined, text);
        ASSERT_EQ(parts.counted().pieces, pieces_of(text)) << "seed " << seed;
    }
    EXPECT_GT(cuts, 5000);
}

TEST(TrainingText, PartsAreNoSmallerThanAskedFor) {
    EXPECT_THAT(cut_between_pieces("ab\ncd\nef", 1), testing::ElementsAre("ab\n", "cd\n", "ef"));
    EXPECT_THAT(cut_between_pieces("ab\ncd\nef", 3), testing::ElementsAre("ab\ncd\n", "ef"));
    EXPECT_THAT(cut_between_pieces("ab\n cd\n\n\u2003\nef\n", 1), testing::ElementsAre("ab\n cd\n\n\u2003\n", "ef\n"));
    EXPECT_THAT(cut_between_pieces("", 1), testing::ElementsAre());
    EXPECT_THAT(cut_between_pieces("\n", 10), testing::ElementsAre("\n"));
}

TEST(TrainingText, DependsOnNeitherThreadsNorTheOrderOfFiles) {
    const test::TemporaryDirectory folder;
    std::vector<std::filesystem::path> files;
    std::string all;
    for (std::uint64_t i = 0; i < 4; ++i) {
        base::RandomSequence random(i);
        const std::string page = test::random_text(random, 20'000) + "\nAnother line\n";
        std::string text;
        while (text.size() < 1'500'000) text += page;
        files.push_back(folder.write(std::to_string(i) + ".txt", text));
        all += text;
    }
    const TrainingText expected = read(files);
    EXPECT_EQ(expected.pieces, pieces_of(all));  // each file ends in a line break, behind which the next begins
    EXPECT_EQ(expected.bytes.value(), static_cast<std::int64_t>(all.size()));
    for (const int threads : {2, 5}) {
        EXPECT_EQ(read(files, threads).pieces, expected.pieces);
        std::ranges::reverse(files);
    }
}

}  // namespace
}  // namespace ergon::train
