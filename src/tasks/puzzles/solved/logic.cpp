// Riddles: numbers with given remainders, and people of whom one tells the truth. Each possibility is tried in turn.

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/backtracking.h"
#include "tasks/puzzles/solved/kinds.h"
#include "tasks/puzzles/truth_tellers.h"

namespace ergon::tasks {
namespace {

struct Remainder {
    std::int64_t divisor, rest;
};

bool fits(std::int64_t number, const std::vector<Remainder>& wanted) {
    return std::ranges::all_of(wanted, [&](const Remainder& one) { return number % one.divisor == one.rest; });
}

/// The multiples of a number, tried from the first of the range on.
std::optional<SolvedPuzzle> number_riddle(Draw& draw, int difficulty) {
    constexpr std::array<std::int64_t, 8> divisors{2, 3, 4, 5, 6, 7, 8, 9};
    const std::int64_t step = draw.between(4, 13), low = draw.between(10, 200);
    const std::int64_t conditions = draw.between(1, std::min(difficulty, 2));
    const std::vector<std::int64_t> chosen = draw.some_of(divisors, conditions);
    // Of a divisor of the step all multiples leave the same.
    if (std::ranges::any_of(chosen, [&](std::int64_t divisor) { return step % divisor == 0; })) return std::nullopt;
    // The first try of a number takes one step, and some take a second one.
    const auto [least, most] = work_of(SolvedKind::logic, difficulty);
    const std::int64_t tries = draw.between((least + 1) / 2, most);
    const std::int64_t first = (low + step - 1) / step * step, number = first + (tries - 1) * step;
    const std::int64_t high = number + draw.between(0, 3 * step - 1), last = high / step * step;
    std::vector<Remainder> wanted;
    for (const std::int64_t divisor : chosen) wanted.push_back({divisor, number % divisor});
    for (std::int64_t other = first; other <= last; other += step) {
        if (other != number && fits(other, wanted)) return std::nullopt;
    }
    SolutionTrace working;
    std::vector<std::string> signs, words;
    std::string key = fmt::format("riddle {} {} {}", first, last, step);
    std::ranges::sort(wanted, {}, &Remainder::divisor);
    for (const auto& [divisor, rest] : wanted) {
        signs.push_back(fmt::format("{}*+{}", divisor, rest));
        words.push_back(fmt::format("leaves {} when divided by {}", rest, divisor));
        key += fmt::format(" {}:{}", divisor, rest);
    }
    working.line(fmt::format("{} to {}: {}* {}", low, high, step, fmt::join(signs, " ")));
    for (std::int64_t candidate = first; candidate <= number; candidate += step) {
        working.line(fmt::format("{}:", candidate));
        for (const auto& [divisor, rest] : wanted) {
            working.add(fmt::format(" {}={}*{}+{}", candidate, divisor, candidate / divisor, candidate % divisor), 1);
            if (candidate % divisor != rest) break;
        }
        working.add(candidate == number ? " yes" : fmt::format(" {}", rejection));
    }
    draw.shuffle(words);
    return solved(fmt::format("Which number from {} to {} is a multiple of {} and {}?", low, high, step, listed(words)),
                  std::to_string(number), Grader::number, working, std::move(key));
}

/// The same for every order of the people and of what they say: the smallest of all ways to number them.
std::string statements_key(const TruthTellers& all) {
    const int people = static_cast<int>(all.about.size());
    std::vector<int> number(all.about.size());
    for (int i = 0; i < people; ++i) number[i] = i;
    std::string smallest;
    do {
        std::string key(all.about.size() * 2, ' ');
        for (int i = 0; i < people; ++i) {
            key[2 * number[i]] = static_cast<char>('A' + number[all.about[i]]);
            key[2 * number[i] + 1] = all.calls_honest[i] ? '+' : '-';
        }
        if (smallest.empty() || key < smallest) smallest = std::move(key);
    } while (std::ranges::next_permutation(number).found);
    return "truth " + smallest;
}

/// Each in turn is taken for the one who tells the truth; the first statement that disagrees ends the try.
std::optional<SolvedPuzzle> solved_truth_teller(Draw& draw, int difficulty) {
    const int people = static_cast<int>(draw.between(3, difficulty < 3 ? 4 : 5));
    const std::vector<std::string_view> names = draw.some_of(first_names, people);
    const TruthTellers all = truth_tellers_of(draw, people);
    const auto statement = [&](int i) {
        return fmt::format("{}:{}{}", names[i][0], names[all.about[i]][0], all.calls_honest[i] ? '+' : '-');
    };
    SolutionTrace working;
    working.line(statement(0));
    for (int i = 1; i < people; ++i) working.add(" " + statement(i));
    for (int honest = 0; honest <= all.honest; ++honest) {
        working.line(fmt::format("{}?", names[honest][0]));
        bool agrees = true;
        for (int i = 0; i < people && agrees; ++i) {
            const bool is_true = all.is_true(i, honest);
            working.add(fmt::format(" {} {}", statement(i), is_true ? "true" : "false"), 1);
            agrees = is_true == (i == honest);
        }
        working.add(agrees ? " yes" : fmt::format(" {}", rejection));
    }
    return solved(all.text(names) + " Who tells the truth?", std::string(names[all.honest]), Grader::match, working,
                  statements_key(all));
}

}  // namespace

std::optional<SolvedPuzzle> solved_logic(Draw& draw, int difficulty) {
    constexpr std::array makers{number_riddle, number_riddle, solved_truth_teller, solved_race};
    return draw.one_of(makers)(draw, difficulty);
}

}  // namespace ergon::tasks
