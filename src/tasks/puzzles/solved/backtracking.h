#pragma once
// Tries, and tries taken back, in worked solutions and in what a model thinks.

#include <array>
#include <string_view>

#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {

/// All words by which a worked solution takes a try back. They stand nowhere else in one, not even as part of a word:
/// who forbids them forbids revision and nothing more.
inline constexpr std::array<std::string_view, 2> words_of_revision{"no", "back"};
/// As they are written behind a try.
inline constexpr std::string_view rejection = "no, back";

struct Backtracking {
    int rejected = 0;      // tries that were wrong and were taken back
    int misjudged = 0;     // right ones taken back, wrong ones kept, and tries whose equations are false
    bool revised = false;  // a wrong try was taken back, and a later one was right and kept
};

/// What a thought about a puzzle does with its tries. Tries are lines in the form of this puzzle's own worked solution;
/// whether one is right is worked out from the puzzle, whatever the thought says. A thought without such lines has
/// none, and so have puzzles whose kind needs no search.
Backtracking backtracking_in(const SolvedPuzzle& puzzle, std::string_view thinking);

}  // namespace ergon::tasks
