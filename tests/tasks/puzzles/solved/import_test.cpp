#include "tasks/puzzles/solved/import.h"

#include <fstream>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "tasks/puzzles/solved/export.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;
using test::expect_error;
using test::TemporaryDirectory;

std::filesystem::path written(const TemporaryDirectory& folder, const std::string& text) {
    const std::filesystem::path file = folder.path() / "puzzles.jsonl";
    std::ofstream(file) << text;
    return file;
}

TEST(SolvedImport, ReadsWhatIsExported) {
    const TemporaryDirectory folder;
    std::string text;
    for (std::uint64_t i = 0; i < 100; ++i) text += json_line(solved_puzzle(3, Split::held_out, i), true) + "\n";
    const std::vector<SolvedPuzzle> read = read_solved_puzzles(written(folder, text));
    ASSERT_EQ(read.size(), 100u);
    for (std::uint64_t i = 0; i < 100; ++i) {
        const SolvedPuzzle made = solved_puzzle(3, Split::held_out, i);
        EXPECT_EQ(read[i].prompt.id, made.prompt.id);
        EXPECT_EQ(read[i].prompt.answer, made.prompt.answer);
        EXPECT_EQ(read[i].thinking, made.thinking);
        EXPECT_EQ(read[i].kind, made.kind);
        EXPECT_EQ(read[i].difficulty, made.difficulty);
        EXPECT_EQ(read[i].key, made.key);
    }
}

TEST(SolvedImport, RefusesOtherTasks) {
    const TemporaryDirectory folder;
    const auto refused = [&](const std::string& text, const std::string& fragment) {
        const auto file = written(folder, text);
        expect_error(ErrorCode::bad_file, fragment, [&] { read_solved_puzzles(file); });
    };
    refused(R"({"prompt": "2+2?", "answer": 4})", "line 1");
    refused(R"({"prompt": "2+2?", "answer": 4, "key": "k", "kind": "poetry", "difficulty": 1})", "ergon puzzles");
    refused(R"({"prompt": "2+2?", "answer": 4, "key": "k", "kind": "units", "difficulty": 6})", "1 to 5");
    refused(R"({"prompt": "2+2?", "answer": 4, "key": "k", "kind": "units", "difficulty": "3"})", "1 to 5");
    refused(R"({"prompt": "2+2?", "answer": 4, "key": "k", "kind": "units", "difficulty": 3})", "--style direct");
    expect_error(ErrorCode::not_found, "absent.jsonl", [&] { read_solved_puzzles(folder.path() / "absent.jsonl"); });
}

}  // namespace
}  // namespace ergon::tasks
