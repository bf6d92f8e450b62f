#include "tasks/puzzles/race.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <numeric>

namespace ergon::tasks {

bool Clue::holds(const Order& place) const {
    const int last = static_cast<int>(place.size()) - 1;
    switch (kind) {
        case Kind::before: return place[a] < place[b];
        case Kind::directly_before: return place[a] + 1 == place[b];
        case Kind::not_first: return place[a] != 0;
        case Kind::not_last: return place[a] != last;
        case Kind::two_between: return std::abs(place[a] - place[b]) == 3;
    }
    return false;
}

std::string Clue::text(const std::vector<std::string_view>& names) const {
    switch (kind) {
        case Kind::before: return fmt::format("{} finished before {}.", names[a], names[b]);
        case Kind::directly_before: return fmt::format("{} finished directly before {}.", names[a], names[b]);
        case Kind::not_first: return fmt::format("{} did not win.", names[a]);
        case Kind::not_last: return fmt::format("{} was not last.", names[a]);
        case Kind::two_between:
            return fmt::format("Exactly two runners finished between {} and {}.", names[a], names[b]);
    }
    return {};
}

std::vector<Clue> true_clues(const Order& place) {
    using enum Clue::Kind;
    std::vector<Clue> clues;
    const int runners = static_cast<int>(place.size());
    for (int a = 0; a < runners; ++a) {
        for (int b = 0; b < runners; ++b) {
            for (const Clue::Kind kind : {before, directly_before, two_between}) {
                const bool once = kind != two_between || a < b;
                if (a != b && once && Clue{kind, a, b}.holds(place)) clues.push_back({kind, a, b});
            }
        }
        for (const Clue::Kind kind : {not_first, not_last}) {
            if (Clue{kind, a, a}.holds(place)) clues.push_back({kind, a, a});
        }
    }
    return clues;
}

std::int64_t orders_that_fit(const std::vector<Clue>& clues, int runners) {
    Order place(static_cast<std::size_t>(runners));
    std::iota(place.begin(), place.end(), 0);
    std::int64_t count = 0;
    do {
        count += std::ranges::all_of(clues, [&](const Clue& clue) { return clue.holds(place); });
    } while (std::ranges::next_permutation(place).found);
    return count;
}

Race race_of(Draw& draw, int runners) {
    Race race{Order(static_cast<std::size_t>(runners)), {}};
    std::iota(race.place.begin(), race.place.end(), 0);
    draw.shuffle(race.place);
    race.clues = true_clues(race.place);
    draw.shuffle(race.clues);
    // Leave out each clue that is not needed for a single solution.
    for (std::size_t i = race.clues.size(); i-- > 0;) {
        std::vector<Clue> fewer = race.clues;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        if (orders_that_fit(fewer, runners) == 1) race.clues = std::move(fewer);
    }
    return race;
}

std::string_view place_name(int place, int runners) {
    constexpr std::array<std::string_view, 4> names{"first", "second", "third", "fourth"};
    return place + 1 == runners ? "last" : names[place];
}

}  // namespace ergon::tasks
