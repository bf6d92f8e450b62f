#pragma once
// Races told by clues: who came in where follows from what is said.

#include <string>
#include <string_view>
#include <vector>

#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {

using Order = std::vector<int>;  // the place of each runner, from 0

/// What is said of a race, of one runner or of two.
struct Clue {
    enum class Kind { before, directly_before, not_first, not_last, two_between } kind;
    int a, b;

    bool operator==(const Clue&) const = default;
    bool holds(const Order& place) const;
    std::string text(const std::vector<std::string_view>& names) const;
};

struct Race {
    Order place;
    std::vector<Clue> clues;
};

/// All that is true of this order.
std::vector<Clue> true_clues(const Order& place);

/// The number of orders for which all clues hold.
std::int64_t orders_that_fit(const std::vector<Clue>& clues, int runners);

/// A race of so many runners, and clues that leave one order; without any of them there would be several.
Race race_of(Draw& draw, int runners);

/// "first" to "fourth", and "last".
std::string_view place_name(int place, int runners);

}  // namespace ergon::tasks
