#pragma once
// Puzzles to learn from: graded by the work that they take, each with a worked solution, in two sets that share
// nothing.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tasks/prompt_set.h"

namespace ergon::tasks {

enum class SolvedKind : std::uint8_t { arithmetic, countdown, sorting, comparison, dates, units, logic };
inline constexpr std::array<std::string_view, 7> solved_kind_names{"arithmetic", "countdown", "sorting", "comparison",
                                                                   "dates",      "units",     "logic"};

/// Difficulties go from 1 to this.
inline constexpr int hardest = 5;

/// Characters of a worked solution, at most. Assumed: with a prompt of 300 it fits a context of 1024 tokens even if
/// each character were one.
inline constexpr std::size_t longest_thinking = 600;

enum class Split : std::uint8_t { train, held_out };
inline constexpr std::array<std::string_view, 2> split_names{"train", "held-out"};

struct SolvedPuzzle {
    Prompt prompt;         // its category is the kind's name
    std::string thinking;  // lines of steps; a search is that of a solver, wrong tries and all
    SolvedKind kind = SolvedKind::arithmetic;
    int difficulty = 1;
    int work = 0;     // the steps that the worked solution takes: what difficulty is a measure of
    std::string key;  // equal for puzzles that are rearrangements of each other

    /// What is said behind the thought, or at once: "Answer: 42".
    std::string reply() const { return "Answer: " + prompt.answer; }
};

/// How often each kind and each difficulty comes, relative to the others.
struct Mixture {
    std::array<std::uint32_t, solved_kind_names.size()> kinds{1, 1, 1, 1, 1, 1, 1};
    std::array<std::uint32_t, hardest> difficulties{1, 1, 1, 1, 1};
};

/// Which set the puzzles with this key belong to, whatever the seed: one key in ten is held out.
Split split_of(std::string_view key);

/// The least and the most steps of a difficulty.
struct WorkRange {
    int least, most;
};
WorkRange work_of(SolvedKind kind, int difficulty);

/// The puzzle at a place of a split: a function of all arguments, the same on every machine, made without those before
/// it. Throws Error(bad_argument) if all weights of kinds or of difficulties are zero.
SolvedPuzzle solved_puzzle(std::uint64_t seed, Split split, std::uint64_t place, const Mixture& mixture = {});

}  // namespace ergon::tasks
