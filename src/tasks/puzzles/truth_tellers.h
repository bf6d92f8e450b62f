#pragma once
// People of whom one always tells the truth and the others always lie; each says of another that they do or do not.

#include <string>
#include <string_view>
#include <vector>

#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {

struct TruthTellers {
    std::vector<int> about;          // whom each speaks of
    std::vector<bool> calls_honest;  // whether as of one who tells the truth
    int honest = 0;                  // the one whom all that is said agrees with

    /// Whether what `speaker` says is true if `honest_one` is the one who tells the truth.
    bool is_true(int speaker, int honest_one) const { return calls_honest[speaker] == (about[speaker] == honest_one); }
    /// Whether all that is said agrees with this one being the one who tells the truth.
    bool fits(int honest_one) const;
    /// The people and what they say, without the question.
    std::string text(const std::vector<std::string_view>& names) const;
};

/// Statements of so many people that agree with one of them only.
TruthTellers truth_tellers_of(Draw& draw, int people);

}  // namespace ergon::tasks
