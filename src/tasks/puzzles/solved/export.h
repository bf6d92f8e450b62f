#pragma once
// Worked puzzles for other programs, and for ergon's own tasks.

#include <string>

#include "tasks/puzzles/small_talk.h"
#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {

/// One line of JSON: "prompt", "thinking" (if asked for), "answer", "kind", "difficulty", "work", "key", and what the
/// reader of tasks (readers.h) needs to grade answers, so that such lines are a task.
std::string json_line(const SolvedPuzzle& puzzle, bool with_thinking);

/// The same of plain talk: "prompt", "answer", and that it is not graded.
std::string json_line(const Exchange& exchange);

}  // namespace ergon::tasks
