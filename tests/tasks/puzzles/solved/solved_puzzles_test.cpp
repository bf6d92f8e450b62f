// Worked puzzles: right, graded, reproducible, and no held-out one is a rearrangement of one to learn from.

#include "tasks/puzzles/solved/solved_puzzles.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <unordered_set>

#include "base/expect_error.h"
#include "base/files/file.h"
#include "base/sanitized.h"
#include "base/strings/text.h"
#include "tasks/graders/grader.h"
#include "tasks/puzzles/countdown.h"
#include "tasks/puzzles/solved/backtracking.h"
#include "tasks/puzzles/solved/checks.h"
#include "tasks/puzzles/solved/export.h"
#include "tasks/readers/readers.h"

namespace ergon::tasks {
namespace {

constexpr std::array splits{Split::train, Split::held_out};

Mixture only(SolvedKind kind, int difficulty) {
    Mixture mixture;
    mixture.kinds = {};
    mixture.kinds[static_cast<std::size_t>(kind)] = 1;
    mixture.difficulties = {};
    mixture.difficulties[static_cast<std::size_t>(difficulty - 1)] = 1;
    return mixture;
}

/// What a question is about, read from its words alone: the numbers without their order, of a countdown without the
/// target. Of a sum and the difference that undoes it, of a product and its quotient, it is the same.
std::string matter_of(const SolvedPuzzle& puzzle) {
    const std::string& text = puzzle.prompt.text;
    std::vector<std::int64_t> numbers = whole_numbers_in(text);
    std::string matter = puzzle.prompt.category;
    if (puzzle.kind == SolvedKind::countdown) numbers.erase(numbers.begin());
    if (puzzle.kind == SolvedKind::arithmetic && numbers.size() == 2) {
        const bool undone = text.find('-') != std::string::npos || text.find('/') != std::string::npos;
        if (undone) numbers[0] = std::stoll(puzzle.prompt.answer);
        matter += text.find_first_of("+-") != std::string::npos ? "+" : "*";
    }
    if (puzzle.kind == SolvedKind::sorting || puzzle.kind == SolvedKind::comparison) matter = "order";
    // Elsewhere the order of the numbers says which is which, and decimals are more than their digits.
    bool decimals = false;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        decimals = decimals || (text[i] == '.' && base::is_digit(text[i + 1]));
    }
    if (puzzle.kind >= SolvedKind::dates || decimals || text.find("fraction") != std::string::npos) return text;
    std::ranges::sort(numbers);
    for (const std::int64_t number : numbers) matter += " " + std::to_string(number);
    return matter;
}

// The property of all: 100,000 to learn from and 20,000 held out (a tenth of both under sanitizers).
TEST(SolvedPuzzles, AreRightInEveryStepAndShareNothing) {
    std::array<std::unordered_set<std::string>, 2> keys, matters;
    constexpr std::uint64_t part = test::sanitized ? 10 : 1;
    constexpr std::array<std::uint64_t, 2> counts{100'000 / part, 20'000 / part};
    for (const Split split : splits) {
        const auto side = static_cast<std::size_t>(split);
        for (std::uint64_t place = 0; place < counts[side]; ++place) {
            const SolvedPuzzle puzzle = solved_puzzle(2026, split, place);
            keys[side].insert(puzzle.key);
            matters[side].insert(matter_of(puzzle));
            ASSERT_EQ(split_of(puzzle.key), split) << puzzle.key;
            ASSERT_EQ(fault_of(puzzle), "") << puzzle.prompt.text << "\n" << puzzle.thinking << "\n" << puzzle.reply();
            ASSERT_EQ(grade(puzzle.prompt, puzzle.reply()), std::optional(true)) << puzzle.prompt.text;
            ASSERT_EQ(steps_shown(puzzle), puzzle.work) << puzzle.prompt.text << "\n" << puzzle.thinking;
            const auto [least, most] = work_of(puzzle.kind, puzzle.difficulty);
            ASSERT_TRUE(puzzle.work >= least && puzzle.work <= most) << puzzle.work << " steps: " << puzzle.prompt.text;
            ASSERT_LE(puzzle.thinking.size(), longest_thinking);
            ASSERT_LE(puzzle.prompt.text.size(), 500u) << puzzle.prompt.text;
        }
    }
    for (const auto* sets : {&keys, &matters}) {
        for (const std::string& one : (*sets)[1]) ASSERT_FALSE((*sets)[0].contains(one)) << one;
    }
    EXPECT_GT(keys[0].size(), 50'000 / part);
    EXPECT_GT(keys[1].size(), 8'000 / part);
}

TEST(SolvedPuzzles, DifficultiesFollowEachOther) {
    for (std::size_t kind = 0; kind < solved_kind_names.size(); ++kind) {
        int before = 0;
        for (int difficulty = 1; difficulty <= hardest; ++difficulty) {
            const auto [least, most] = work_of(static_cast<SolvedKind>(kind), difficulty);
            EXPECT_EQ(least, before + 1);
            EXPECT_GE(most, least);
            before = most;
        }
    }
}

TEST(SolvedPuzzles, EveryKindAndDifficultyIsThereInBothSplits) {
    for (std::size_t kind = 0; kind < solved_kind_names.size(); ++kind) {
        for (int difficulty = 1; difficulty <= hardest; ++difficulty) {
            const Mixture mixture = only(static_cast<SolvedKind>(kind), difficulty);
            for (const Split split : splits) {
                std::set<std::string> keys;
                for (std::uint64_t place = 0; place < 60; ++place) {
                    const SolvedPuzzle puzzle = solved_puzzle(5, split, place, mixture);
                    EXPECT_EQ(puzzle.prompt.category, solved_kind_names[kind]);
                    EXPECT_EQ(puzzle.difficulty, difficulty);
                    keys.insert(puzzle.key);
                }
                EXPECT_GE(keys.size(), 20u) << solved_kind_names[kind] << ", difficulty " << difficulty;
            }
        }
    }
}

TEST(SolvedPuzzles, HardSearchesGoBack) {
    for (int difficulty = 3; difficulty <= hardest; ++difficulty) {
        for (std::uint64_t place = 0; place < 100; ++place) {
            const SolvedPuzzle puzzle = solved_puzzle(9, Split::train, place, only(SolvedKind::countdown, difficulty));
            EXPECT_TRUE(backtracking_in(puzzle, puzzle.thinking).revised) << puzzle.thinking;
            EXPECT_EQ(evaluate(puzzle.prompt.answer)->numbers.size(), puzzle.prompt.numbers.size());
        }
    }
}

TEST(SolvedPuzzles, AWrongAnswerIsWrong) {
    for (std::uint64_t place = 0; place < 2000; ++place) {
        const SolvedPuzzle puzzle = solved_puzzle(3, Split::train, place);
        EXPECT_EQ(grade(puzzle.prompt, "Answer: 1"), std::optional(puzzle.prompt.answer == "1")) << puzzle.prompt.text;
        EXPECT_EQ(grade(puzzle.prompt, ""), std::optional(false)) << puzzle.prompt.text;
    }
}

/// FNV-1a over all that a puzzle is.
std::uint64_t fingerprint(std::uint64_t seed, Split split) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (std::uint64_t place = 0; place < 700; ++place) {
        for (const char c : json_line(solved_puzzle(seed, split, place), true))
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    }
    return hash;
}

// Models were trained and examined on these: whoever changes a maker changes these numbers, and says so.
TEST(SolvedPuzzles, OfASeedStayTheSame) {
    EXPECT_EQ(fingerprint(2026, Split::train), 9394070404550602292u);
    EXPECT_EQ(fingerprint(2026, Split::held_out), 16918621767358414142u);
    EXPECT_NE(fingerprint(2027, Split::train), fingerprint(2026, Split::train));
}

TEST(SolvedPuzzles, TheDocumentTellsTheirStepsAndShowsEachKind) {
    const std::string document = base::read_text(ERGON_SOURCE_DIR "/docs/puzzles.md", 1 << 20);
    for (std::size_t kind = 0; kind < solved_kind_names.size(); ++kind) {
        std::string steps;
        int shown = 0;
        for (int difficulty = 1; difficulty <= hardest; ++difficulty) {
            const auto which = static_cast<SolvedKind>(kind);
            const SolvedPuzzle puzzle = solved_puzzle(1, Split::train, 0, only(which, difficulty));
            shown += document.find(puzzle.prompt.text + "\n<think>\n" + puzzle.thinking) != std::string::npos;
            steps += (difficulty > 1 ? ", " : " ") + std::to_string(work_of(which, difficulty).most);
        }
        EXPECT_GE(shown, 1) << solved_kind_names[kind];
        const std::size_t row = document.find("\n| " + std::string(solved_kind_names[kind]) + " |");
        ASSERT_NE(row, std::string::npos) << solved_kind_names[kind];
        EXPECT_TRUE(document.substr(row + 1, document.find('\n', row + 1) - row - 1).ends_with(steps + " |")) << steps;
    }
}

TEST(SolvedPuzzles, TheMixtureIsKept) {
    Mixture mixture;
    mixture.kinds = {3, 0, 0, 0, 0, 0, 1};
    mixture.difficulties = {1, 0, 0, 1, 0};
    std::map<std::pair<SolvedKind, int>, int> seen;
    for (std::uint64_t place = 0; place < 4000; ++place) {
        const SolvedPuzzle puzzle = solved_puzzle(1, Split::train, place, mixture);
        ++seen[{puzzle.kind, puzzle.difficulty}];
    }
    ASSERT_EQ(seen.size(), 4u);
    // Five standard deviations of a binomial are 5 sqrt(4000 * 3/8 * 5/8) = 153 and 5 sqrt(4000 * 1/8 * 7/8) = 105.
    EXPECT_NEAR((seen[{SolvedKind::arithmetic, 1}]), 1500, 153);
    EXPECT_NEAR((seen[{SolvedKind::logic, 4}]), 500, 105);
}

TEST(SolvedPuzzles, AMixtureOfNothingIsRefused) {
    Mixture no_kinds, no_difficulties;
    no_kinds.kinds = {};
    no_difficulties.difficulties = {};
    const auto ask = [](const Mixture& mixture) { solved_puzzle(1, Split::train, 0, mixture); };
    test::expect_error(base::ErrorCode::bad_argument, "weights of all kinds are zero", [&] { ask(no_kinds); });
    test::expect_error(base::ErrorCode::bad_argument, "weights of all difficulties", [&] { ask(no_difficulties); });
}

TEST(SolvedPuzzles, ExportedTheyAreATask) {
    std::string lines;
    for (std::uint64_t place = 0; place < 300; ++place) {
        lines += json_line(solved_puzzle(4, Split::held_out, place), place % 2 == 0) + "\n";
    }
    const std::vector<Prompt> prompts = parse_task(lines, "held-out.jsonl", {});
    ASSERT_EQ(prompts.size(), 300u);
    for (std::uint64_t place = 0; place < prompts.size(); ++place) {
        const SolvedPuzzle puzzle = solved_puzzle(4, Split::held_out, place);
        EXPECT_EQ(prompts[place].id, puzzle.prompt.id);
        EXPECT_EQ(prompts[place].text, puzzle.prompt.text);
        EXPECT_EQ(prompts[place].grader, puzzle.prompt.grader);
        EXPECT_EQ(grade(prompts[place], puzzle.reply()), std::optional(true)) << puzzle.prompt.text;
    }
}

}  // namespace
}  // namespace ergon::tasks
