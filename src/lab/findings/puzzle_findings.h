#pragma once
// Answers to worked puzzles: right ones by kind and difficulty, and whether thoughts went back and revised.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/statistics/confidence_interval.h"
#include "lab/store/results.h"
#include "tasks/puzzles/solved/solved_puzzles.h"

namespace ergon::lab {

// Puzzles of this difficulty and above are hard.
inline constexpr int least_hard = 4;

/// Puzzles of a kind and a difficulty, or of several together.
struct PuzzleScore {
    std::int64_t answers = 0;
    std::int64_t right = 0;
    base::Tokens thinking{};  // of all answers

    ConfidenceInterval accuracy() const;  // Wilson
    double thinking_per_answer() const;
};

/// Right answers to hard puzzles, and those among them in whose thought a wrong try was taken back and a later one was
/// right (tasks/puzzles/solved/backtracking.h judges by the puzzle, not by what the thought says).
struct Revised {
    std::int64_t solved = 0;
    std::int64_t revised = 0;

    ConfidenceInterval share() const;
};

struct PuzzleFindings {
    std::string label;
    std::map<std::pair<std::string, int>, PuzzleScore> scores;  // by kind and difficulty
    Revised hard;                                               // all hard puzzles
    Revised searching;                                          // the hard ones whose worked solution takes a try back

    /// Of these difficulties, all kinds together.
    PuzzleScore of_difficulty(int least, int most) const;
};

/// By contender. Of an answer's repeats the first counts (more of the same prompt are no further evidence); a prompt
/// that is not among `puzzles` does not. Throws Error(bad_argument) if none is.
std::vector<PuzzleFindings> puzzle_findings(Results& results, RunId run, std::span<const tasks::SolvedPuzzle> puzzles);

/// A table of at most 100 columns.
std::string puzzle_text(std::span<const PuzzleFindings> findings);
nlohmann::ordered_json puzzle_json(std::span<const PuzzleFindings> findings);

}  // namespace ergon::lab
