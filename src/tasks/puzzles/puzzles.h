#pragma once
// Puzzles with answers that a program can check, made from a seed.

#include <cstdint>
#include <vector>

#include "tasks/prompt_set.h"

namespace ergon::tasks {

/// `count` puzzles, in turn of the categories arithmetic, countdown, sorting, dates, units and logic, with ids such as
/// "countdown-3". Each has an answer that grade() calls right, and asks for it behind "Answer:". A puzzle is a function
/// of the seed and its place: the same on every machine, whatever the count. Throws Error(bad_argument) for a count
/// below zero or above a million.
std::vector<Prompt> puzzles(std::uint64_t seed, std::int64_t count);

}  // namespace ergon::tasks
