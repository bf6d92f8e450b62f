// Small riddles; that each has one answer is found by trying all.

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/puzzle_kinds.h"
#include "tasks/puzzles/race.h"
#include "tasks/puzzles/truth_tellers.h"

namespace ergon::tasks {
namespace {

Prompt race(Draw& draw) {
    const int runners = static_cast<int>(draw.between(4, 5));
    const std::vector<std::string_view> names = draw.some_of(first_names, runners);
    const Race ran = race_of(draw, runners);
    std::vector<std::string> people(names.begin(), names.end());
    std::string text = fmt::format("{} ran a race; no two finished together.", listed(people));
    for (const Clue& clue : ran.clues) text += ' ' + clue.text(names);
    const auto asked = static_cast<std::size_t>(draw.between(0, runners - 1));
    const auto who =
        static_cast<std::size_t>(std::ranges::find(ran.place, static_cast<int>(asked)) - ran.place.begin());
    return puzzle(fmt::format("{} Who finished {}?", text, place_name(static_cast<int>(asked), runners)),
                  "the name alone", std::string(names[who]), Grader::match);
}

Prompt truth_teller(Draw& draw) {
    const std::vector<std::string_view> names = draw.some_of(first_names, 3);
    const TruthTellers all = truth_tellers_of(draw, 3);
    return puzzle(all.text(names) + " Who tells the truth?", "the name alone", std::string(names[all.honest]),
                  Grader::match);
}

/// Two unknowns, two equations.
Prompt ages(Draw& draw) {
    const std::vector<std::string_view> names = draw.some_of(first_names, 2);
    const std::int64_t younger = draw.between(4, 30), factor = draw.between(2, 4), difference = draw.between(2, 25);
    const bool by_factor = draw.between(0, 1) == 0;
    const std::int64_t older = by_factor ? factor * younger : younger + difference;
    constexpr std::array<std::string_view, 5> factors{"", "", "twice", "three times", "four times"};
    const std::string relation =
        by_factor ? fmt::format("{} as old as", factors[factor]) : fmt::format("{} years older than", difference);
    const bool ask_older = draw.between(0, 1) == 0;
    return puzzle(fmt::format("{0} is {1} {2}. Together they are {3} years old. How old is {4}?", names[0], relation,
                              names[1], older + younger, names[ask_older ? 0 : 1]),
                  "the number alone", std::to_string(ask_older ? older : younger), Grader::number);
}

}  // namespace

Prompt logic_puzzle(Draw& draw) {
    constexpr std::array makers{race, truth_teller, ages};
    return draw.one_of(makers)(draw);
}

}  // namespace ergon::tasks
