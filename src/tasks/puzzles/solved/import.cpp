#include "tasks/puzzles/solved/import.h"

#include <algorithm>

#include "base/error.h"
#include "base/files/file.h"
#include "tasks/readers/json_lines.h"

namespace ergon::tasks {
namespace {

SolvedPuzzle solved_puzzle_of(const JsonItem& item) {
    SolvedPuzzle puzzle;
    puzzle.prompt = own_prompt(item);
    puzzle.key = text_field(item, "key", true);
    const auto kind = std::ranges::find(solved_kind_names, text_field(item, "kind", true));
    const auto difficulty = item.object.find("difficulty");
    const bool graded = difficulty != item.object.end() && difficulty->is_number_integer() && *difficulty >= 1 &&
                        *difficulty <= hardest;
    if (kind == solved_kind_names.end() || !graded) {
        base::fail(base::ErrorCode::bad_file,
                   "{}: \"kind\" and \"difficulty\" (1 to {}) are not those of a solved puzzle; expected the output of "
                   "ergon puzzles --json.",
                   item.place, hardest);
    }
    puzzle.kind = static_cast<SolvedKind>(kind - solved_kind_names.begin());
    puzzle.difficulty = difficulty->get<int>();
    if (!item.object.contains("thinking")) {
        base::fail(base::ErrorCode::bad_file,
                   "{}: the solution (\"thinking\") is missing, which is needed to judge backtracking; make the file "
                   "without --style direct.",
                   item.place);
    }
    puzzle.thinking = text_field(item, "thinking", true);
    return puzzle;
}

}  // namespace

std::vector<SolvedPuzzle> read_solved_puzzles(const std::filesystem::path& file) {
    std::vector<SolvedPuzzle> puzzles;
    for_each_json_object(base::read_text(file, task_file_limit), file,
                         [&](const JsonItem& item) { puzzles.push_back(solved_puzzle_of(item)); });
    return puzzles;
}

}  // namespace ergon::tasks
