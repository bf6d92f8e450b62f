#pragma once
// What puzzles are made of, and a maker for each category. A maker fills in text, answer and grader.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tasks/prompt_set.h"

namespace ergon::tasks {

/// Draws for one puzzle. Each draw is a statement of its own: the order in which a call's arguments are evaluated is
/// the compiler's choice, and would make other puzzles of the same seed.
class Draw {
  public:
    Draw(std::uint64_t seed, std::uint64_t puzzle) : random_(seed, puzzle) {}

    /// Uniform from low to high, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    template <typename List>
    const auto& one_of(const List& list) {
        return list[random_.below(std::size(list))];
    }
    /// Fisher and Yates.
    template <typename Item>
    void shuffle(std::vector<Item>& items) {
        for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_.below(i)]);
    }
    /// So many different items, in random order.
    template <typename List>
    auto some_of(const List& list, std::int64_t count) {
        std::vector<std::decay_t<decltype(list[0])>> items(std::begin(list), std::end(list));
        shuffle(items);
        items.resize(count);
        return items;
    }

  private:
    base::RandomSequence random_;
};

inline constexpr std::array<std::string_view, 16> first_names{"Ada",   "Ben",  "Clara", "David", "Emma",  "Felix",
                                                              "Greta", "Hugo", "Ida",   "Jonas", "Karla", "Leo",
                                                              "Mona",  "Nils", "Olga",  "Paul"};

/// "3, 7 and 12"
std::string listed(std::span<const std::string> items, std::string_view last = " and ");

/// A question and its answer, with the wish for a last line of "Answer:" and what is wanted ("the number alone"). No
/// example is shown: it would be right now and then.
Prompt puzzle(std::string question, std::string_view wanted, std::string answer, Grader grader);

Prompt arithmetic_puzzle(Draw& draw);
Prompt countdown_puzzle(Draw& draw);
Prompt sorting_puzzle(Draw& draw);
Prompt date_puzzle(Draw& draw);
Prompt unit_puzzle(Draw& draw);
Prompt logic_puzzle(Draw& draw);

}  // namespace ergon::tasks
