#include "lab/findings/puzzle_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "tasks/puzzles/solved/backtracking.h"

namespace ergon::lab {
namespace {

using ::testing::HasSubstr;

/// Two contenders answer 200 puzzles: the first thinks as the worked solution does, the second hands the answer out at
/// once, and is wrong about every second one.
class AnsweredPuzzles : public ::testing::Test {
  protected:
    AnsweredPuzzles() : results(folder.path() / "r.sqlite") {
        for (std::uint64_t i = 0; i < 200; ++i) puzzles.push_back(tasks::solved_puzzle(1, tasks::Split::held_out, i));
        run = results.start({{{"prompts", "mine"}}, 3, {}, "0.1.0", {}},
                            {{"thinker", "a.gguf", "ha", {}}, {"direct", "b.gguf", "hb", {}}});
        std::vector<AskedPrompt> prompts;
        for (const auto& one : puzzles)
            prompts.push_back({one.prompt.id, one.prompt.category, one.prompt.text, one.prompt.answer});
        results.add_prompts(run, prompts);
        for (std::size_t i = 0; i < puzzles.size(); ++i) {
            results.add(run, answer(0, puzzles[i], true, puzzles[i].thinking));
            results.add(run, answer(1, puzzles[i], i % 2 == 0, ""));
        }
    }
    static Answer answer(std::int64_t contender, const tasks::SolvedPuzzle& puzzle, bool right, std::string thinking) {
        Answer answer;
        answer.contender = contender;
        answer.prompt = puzzle.prompt.id;
        answer.text = puzzle.reply();
        answer.finish_reason = "stop";
        answer.right = right;
        answer[energy::Phase::thinking].tokens = base::Tokens(static_cast<std::int64_t>(thinking.size()));
        answer.thinking = std::move(thinking);
        return answer;
    }

    test::TemporaryDirectory folder;
    Results results;
    std::vector<tasks::SolvedPuzzle> puzzles;
    RunId run = 0;
};

TEST_F(AnsweredPuzzles, RepeatsAreNoFurtherEvidence) {
    const std::string before = puzzle_json(puzzle_findings(results, run, puzzles)).dump();
    for (const auto& one : puzzles) {
        Answer again = answer(0, one, false, one.thinking);
        again.repeat = 1;
        results.add(run, again);
    }
    EXPECT_EQ(puzzle_json(puzzle_findings(results, run, puzzles)).dump(), before);
}

TEST_F(AnsweredPuzzles, WhatWasNotAskedHasNoShare) {
    std::erase_if(puzzles, [](const auto& one) { return one.difficulty >= least_hard; });
    const nlohmann::json found = puzzle_json(puzzle_findings(results, run, puzzles));
    EXPECT_TRUE(found[0]["hard"]["accuracy"].is_null());
    EXPECT_TRUE(found[0]["hard_solved"]["share"].is_null());
    EXPECT_EQ(found[0]["all"]["accuracy"]["value"], 1);
}

TEST_F(AnsweredPuzzles, AreCountedByKindAndDifficulty) {
    const auto found = puzzle_findings(results, run, puzzles);
    ASSERT_EQ(found.size(), 2u);
    std::map<std::pair<std::string, int>, std::int64_t> expected;
    std::int64_t characters = 0;
    for (const auto& one : puzzles) {
        ++expected[{one.prompt.category, one.difficulty}];
        characters += static_cast<std::int64_t>(one.thinking.size());
    }
    for (const auto& [place, count] : expected) {
        EXPECT_EQ(found[0].scores.at(place).answers, count);
        EXPECT_EQ(found[0].scores.at(place).right, count);
    }
    const PuzzleScore thinker = found[0].of_difficulty(1, 5), direct = found[1].of_difficulty(1, 5);
    EXPECT_EQ(thinker.answers, 200);
    EXPECT_EQ(direct.right, 100);
    EXPECT_DOUBLE_EQ(direct.accuracy().value, 0.5);
    EXPECT_DOUBLE_EQ(thinker.thinking_per_answer(), static_cast<double>(characters) / 200);
}

TEST_F(AnsweredPuzzles, RevisionIsCountedWhereItHappened) {
    const auto found = puzzle_findings(results, run, puzzles);
    std::int64_t hard = 0, searching = 0, revised = 0;
    for (const auto& one : puzzles) {
        if (one.difficulty < least_hard) continue;
        ++hard;
        searching += one.thinking.find(tasks::rejection) != std::string::npos ? 1 : 0;
        revised += tasks::backtracking_in(one, one.thinking).revised ? 1 : 0;
    }
    ASSERT_GT(revised, 10);
    EXPECT_EQ(found[0].hard.solved, hard);
    EXPECT_EQ(found[0].hard.revised, revised);
    EXPECT_EQ(found[0].searching.revised, revised);
    EXPECT_LE(found[0].searching.solved, searching);
    EXPECT_EQ(found[1].hard.revised, 0);
    EXPECT_EQ(found[1].hard.share().value, 0);
}

TEST_F(AnsweredPuzzles, AreToldInATable) {
    const std::string text = puzzle_text(puzzle_findings(results, run, puzzles));
    EXPECT_THAT(text, HasSubstr("difficulty 5"));
    EXPECT_THAT(text, HasSubstr("100% ("));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
    const auto json = puzzle_json(puzzle_findings(results, run, puzzles));
    EXPECT_EQ(json[1]["all"]["right"], 100);
    EXPECT_EQ(json[0]["by_difficulty"].size(), 5u);
}

TEST_F(AnsweredPuzzles, OtherPuzzlesOfTheSameNameDoNotCount) {
    std::vector<tasks::SolvedPuzzle> others;
    for (std::uint64_t i = 0; i < 200; ++i) others.push_back(tasks::solved_puzzle(2, tasks::Split::held_out, i));
    test::expect_error(base::ErrorCode::bad_argument, "None of the 200",
                       [&] { puzzle_findings(results, run, others); });
}

}  // namespace
}  // namespace ergon::lab
