// Who came in where: places are filled from the first on, and a runner whom a clue forbids is taken back.

#include "tasks/puzzles/race.h"

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/backtracking.h"
#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

std::string letter(int runner, const std::vector<std::string_view>& names) {
    return std::string(1, names[runner][0]);
}

/// A clue in signs: A<B before, A+B directly before, A>1 not first, A<4 not last, A--B two between.
std::string signs_of(const Clue& clue, const std::vector<std::string_view>& names) {
    const std::string a = letter(clue.a, names), b = letter(clue.b, names);
    switch (clue.kind) {
        case Clue::Kind::before: return a + "<" + b;
        case Clue::Kind::directly_before: return a + "+" + b;
        case Clue::Kind::not_first: return a + ">1";
        case Clue::Kind::not_last: return fmt::format("{}<{}", a, names.size());
        case Clue::Kind::two_between: return a + "--" + b;
    }
    return {};
}

/// Whether a clue forbids the last runner of these, who hold the places from the first on.
bool forbids(const Clue& clue, const std::vector<int>& placed, std::size_t runners) {
    const int last = placed.back();
    const std::size_t place = placed.size();
    const bool a_is_placed = std::ranges::find(placed, clue.a) != placed.end();
    const auto so_far_before = [&](std::size_t places) { return place > places ? placed[place - 1 - places] : -1; };
    switch (clue.kind) {
        case Clue::Kind::before: return last == clue.b && !a_is_placed;
        case Clue::Kind::directly_before: return (last == clue.b) != (so_far_before(1) == clue.a);
        case Clue::Kind::not_first: return last == clue.a && place == 1;
        case Clue::Kind::not_last: return last == clue.a && place == runners;
        case Clue::Kind::two_between:
            for (const auto& [one, other] : {std::pair(clue.a, clue.b), std::pair(clue.b, clue.a)}) {
                const bool other_is_placed = std::ranges::find(placed, other) != placed.end();
                if (so_far_before(3) == one && last != other) return true;
                if (last == one && other_is_placed && so_far_before(3) != other) return true;
            }
            return false;
    }
    return false;
}

/// Depth first over the runners as they were named; a line is a try: "DAB? A<B no, back".
class RaceSearch {
  public:
    RaceSearch(const std::vector<Clue>& clues, const std::vector<std::string_view>& names)
        : clues_(clues), names_(names) {
        std::vector<std::string> signs;
        for (const Clue& clue : clues) signs.push_back(signs_of(clue, names));
        working_.line(fmt::format("{}", fmt::join(signs, " ")));
    }

    bool run() {
        for (int runner = 0; runner < std::ssize(names_); ++runner) {
            if (std::ranges::find(placed_, runner) != placed_.end()) continue;
            placed_.push_back(runner);
            if (stands()) {
                if (placed_.size() == names_.size() || run()) return true;
                working_.line(fmt::format("{} {}", order(), rejection));
            }
            placed_.pop_back();
        }
        return false;
    }
    std::string order() const {
        std::string letters;
        for (const int runner : placed_) letters += letter(runner, names_);
        return letters;
    }
    SolutionTrace& working() { return working_; }

  private:
    bool stands() {
        working_.line(order() + "?", 1);
        const auto broken =
            std::ranges::find_if(clues_, [&](const Clue& clue) { return forbids(clue, placed_, names_.size()); });
        if (broken != clues_.end()) {
            working_.add(fmt::format(" {} {}", signs_of(*broken, names_), rejection));
            return false;
        }
        working_.add(placed_.size() == names_.size() ? " yes" : " ok");
        return true;
    }

    const std::vector<Clue>& clues_;
    const std::vector<std::string_view>& names_;
    std::vector<int> placed_;
    SolutionTrace working_;
};

/// The same whatever the runners' names and the order of the clues: runners numbered as they came in.
std::string race_key(const Race& race) {
    std::vector<std::string> clues;
    for (const Clue& clue : race.clues) {
        const int a = race.place[clue.a], b = race.place[clue.b];
        const bool either_way = clue.kind == Clue::Kind::two_between;
        clues.push_back(fmt::format("{}:{}{}", static_cast<int>(clue.kind), either_way ? std::min(a, b) : a,
                                    either_way ? std::max(a, b) : b));
    }
    std::ranges::sort(clues);
    return fmt::format("race {} {}", race.place.size(), fmt::join(clues, " "));
}

/// So many clues that are true and not needed: else there would be few races of four.
void add_clues(Draw& draw, Race& race, std::int64_t count) {
    std::vector<Clue> others = true_clues(race.place);
    std::erase_if(others, [&](const Clue& clue) { return std::ranges::find(race.clues, clue) != race.clues.end(); });
    for (const Clue& clue : draw.some_of(others, count)) race.clues.push_back(clue);
    draw.shuffle(race.clues);
}

}  // namespace

std::optional<SolvedPuzzle> solved_race(Draw& draw, int difficulty) {
    if (difficulty < 2) return std::nullopt;
    const int runners = static_cast<int>(draw.between(difficulty < 4 ? 4 : 5, difficulty < 3 ? 4 : 5));
    const std::vector<std::string_view> names = draw.some_of(first_names, runners);
    Race race = race_of(draw, runners);
    add_clues(draw, race, draw.between(0, 2));
    RaceSearch search(race.clues, names);
    if (!search.run()) return std::nullopt;
    const std::string order = search.order();
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::string place = fmt::format("{}{}", i + 1, order[i]);
        if (i == 0) {
            search.working().line(place);
        } else {
            search.working().add(" " + place);
        }
    }
    const std::vector<std::string> people(names.begin(), names.end());
    std::string text = fmt::format("{} ran a race; no two finished together.", listed(people));
    for (const Clue& clue : race.clues) text += ' ' + clue.text(names);
    const auto asked = static_cast<int>(draw.between(0, runners - 1));
    const auto who = static_cast<std::size_t>(std::ranges::find(race.place, asked) - race.place.begin());
    return solved(fmt::format("{} Who finished {}?", text, place_name(asked, runners)), std::string(names[who]),
                  Grader::match, search.working(), race_key(race));
}

}  // namespace ergon::tasks
