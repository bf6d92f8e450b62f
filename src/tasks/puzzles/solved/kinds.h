#pragma once
// What worked puzzles are made of, and a maker for each kind. A maker fills in question, answer, grader, thinking, work
// and key; nothing comes of draws that lead nowhere. It aims at a difficulty, and who asked looks whether it was met.

#include <optional>
#include <string>
#include <string_view>

#include "tasks/puzzles/puzzle_kinds.h"
#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::tasks {

/// A worked solution as it grows: lines, and the steps that they count for.
class SolutionTrace {
  public:
    void line(std::string_view text, int steps = 0) {
        if (!text_.empty()) text_ += '\n';
        text_ += text;
        steps_ += steps;
    }
    /// More of the last line.
    void add(std::string_view text, int steps = 0) {
        text_ += text;
        steps_ += steps;
    }
    const std::string& text() const { return text_; }
    int steps() const { return steps_; }

  private:
    std::string text_;
    int steps_ = 0;
};

SolvedPuzzle solved(std::string question, std::string answer, Grader grader, const SolutionTrace& working,
                    std::string key);

/// The numbers in ascending order behind a word: a key that does not depend on their order.
std::string key_of(std::string_view word, std::vector<std::int64_t> numbers);

std::optional<SolvedPuzzle> solved_arithmetic(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_countdown(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_sorting(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_comparison(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_date(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_units(Draw& draw, int difficulty);
std::optional<SolvedPuzzle> solved_logic(Draw& draw, int difficulty);
/// Part of logic: who came in where.
std::optional<SolvedPuzzle> solved_race(Draw& draw, int difficulty);

}  // namespace ergon::tasks
