#pragma once
// Checks of worked solutions that use nothing of what made them: each line is worked out again.

#include <string>
#include <vector>

#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {

/// The lines of a text.
std::vector<std::string> lines_of(const std::string& text);

/// The whole numbers of a text, signs not counted.
std::vector<std::int64_t> whole_numbers_in(const std::string& text);

/// What is wrong with a worked solution; empty if each of its steps is right and it ends with the answer.
std::string fault_of(const SolvedPuzzle& puzzle);

/// The steps that a worked solution shows.
int steps_shown(const SolvedPuzzle& puzzle);

}  // namespace ergon::tasks
