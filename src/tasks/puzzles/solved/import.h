#pragma once
// Worked puzzles from files: what `ergon puzzles --json` wrote.

#include <filesystem>
#include <vector>

#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {

/// Throws Error(not_found), or Error(bad_file) with file and line for what is no worked puzzle.
std::vector<SolvedPuzzle> read_solved_puzzles(const std::filesystem::path& file);

}  // namespace ergon::tasks
