#pragma once
// Arithmetic as on paper, column by column from the ones up. Each line has one column's sum, what is carried, and the
// digits of the result so far, so that the last of them is the result: "7+5+1=13 c1: 31".

#include <cstdint>

#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {

/// Each works out the result of whole numbers, and returns it. A step is an equation, a comparison or a carry.
std::int64_t add_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b);
/// a >= b.
std::int64_t subtract_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b);
/// A row for each digit of b that is not 0, added up.
std::int64_t multiply_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b);
/// a is a multiple of b > 0. Each digit of the result is guessed with b rounded to tens, tried, and revised by one
/// until it fits.
std::int64_t divide_in_columns(SolutionTrace& working, std::int64_t a, std::int64_t b);

}  // namespace ergon::tasks
