// Numbers put in order, and the largest or smallest found among them. Both have the numbers themselves as their key.

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

/// Different numbers of so many digits, at most ten, of which neighbours share so many leading ones, but not all.
std::vector<std::int64_t> numbers_alike(Draw& draw, std::int64_t count, std::int64_t digits, std::int64_t shared) {
    std::int64_t all = 1, open = 1;
    for (std::int64_t i = 0; i < digits; ++i) all *= 10;
    for (std::int64_t i = shared; i < digits; ++i) open *= 10;
    std::vector<std::int64_t> numbers;
    std::int64_t number = draw.between(1, all - 1);
    while (std::ssize(numbers) < count) {
        if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
        number = number / open * open + draw.between(0, open - 1);
        number = std::max<std::int64_t>(number, 1);
    }
    return numbers;
}

/// Numbers as they are written and as they are compared, digit under digit.
struct Written {
    std::string plain, padded;
};

/// With three digits behind the point: the zeros at the end are not written.
Written decimal(std::int64_t thousandths) {
    Written written{{}, fmt::format("{}.{:03}", thousandths / 1000, thousandths % 1000)};
    written.plain = written.padded.substr(0, written.padded.find_last_not_of('0') + 1);
    if (written.plain.back() == '.') written.plain.pop_back();
    return written;
}

/// Compares from the first digit on until two differ; whether a is the larger.
bool compare(SolutionTrace& working, const Written& a, const Written& b) {
    working.line(fmt::format("{} {}:", a.padded, b.padded));
    for (std::size_t i = 0; i < a.padded.size(); ++i) {
        const char x = a.padded[i], y = b.padded[i];
        if (x == '.') continue;
        working.add(fmt::format(" {}{}{}", x, x == y ? '=' : x > y ? '>' : '<', y), 1);
        if (x != y) return x > y;
    }
    return false;
}

std::optional<SolvedPuzzle> largest_or_smallest(Draw& draw, int difficulty) {
    constexpr std::array<std::array<std::int64_t, 2>, hardest> counts{{{2, 2}, {2, 3}, {3, 4}, {3, 5}, {4, 6}}};
    const std::int64_t count = draw.between(counts[difficulty - 1][0], counts[difficulty - 1][1]);
    const bool decimals = difficulty > 1 && draw.between(0, 2) == 0, largest = draw.between(0, 1) == 0;
    const std::int64_t digits = decimals ? 4 : draw.between(2, std::min(difficulty + 2, 5));
    const std::vector<std::int64_t> numbers = numbers_alike(draw, count, digits, draw.between(0, digits - 1));
    const std::size_t width = std::to_string(std::ranges::max(numbers)).size();
    std::vector<Written> written;
    std::vector<std::string> names;
    for (const std::int64_t number : numbers) {
        written.push_back(decimals ? decimal(number)
                                   : Written{std::to_string(number), fmt::format("{:0{}}", number, width)});
        names.push_back(written.back().plain);
    }
    SolutionTrace working;
    const Written* best = written.data();
    for (std::size_t i = 1; i < written.size(); ++i) {
        if (compare(working, *best, written[i]) != largest) best = &written[i];
        working.add(" so " + best->plain);
    }
    const std::string_view which = count == 2 ? (largest ? "larger" : "smaller") : (largest ? "largest" : "smallest");
    const bool is_question = draw.between(0, 1) == 0;
    return solved(is_question ? fmt::format("Which number is the {}, {}?", which, listed(names, " or "))
                              : fmt::format("Find the {} of {}.", which, listed(names)),
                  best->plain, Grader::number, working, key_of(decimals ? "decimals" : "order", numbers));
}

/// Two fractions, multiplied across.
std::optional<SolvedPuzzle> fractions(Draw& draw) {
    const std::int64_t b = draw.between(3, 12), d = draw.between(3, 12);
    const std::int64_t a = draw.between(1, b - 1), c = draw.between(1, d - 1);
    const std::int64_t left = a * d, right = c * b;
    if (left == right) return std::nullopt;
    const bool larger = draw.between(0, 1) == 0;
    const std::string first = fmt::format("{}/{}", a, b), second = fmt::format("{}/{}", c, d);
    const std::string& answer = (left > right) == larger ? first : second;
    SolutionTrace working;
    working.line(fmt::format("{}*{}={} {}*{}={} {}{}{} so {}", a, d, left, c, b, right, left, left > right ? '>' : '<',
                             right, answer),
                 3);
    return solved(fmt::format("Which fraction is the {}, {} or {}?", larger ? "larger" : "smaller", first, second),
                  answer, Grader::number, working,
                  fmt::format("fractions {} {}", std::min(first, second), std::max(first, second)));
}

}  // namespace

std::optional<SolvedPuzzle> solved_comparison(Draw& draw, int difficulty) {
    const bool of_fractions = difficulty == 2 && draw.between(0, 3) == 0;
    return of_fractions ? fractions(draw) : largest_or_smallest(draw, difficulty);
}

/// By insertion: each line names the next number and has those so far in order. A step is a comparison, from the
/// beginning of the list up to the first number that stands behind the new one.
std::optional<SolvedPuzzle> solved_sorting(Draw& draw, int difficulty) {
    const std::int64_t count = draw.between(std::max(difficulty + 1, 3), difficulty + 4);
    const std::int64_t digits = draw.between(difficulty < 3 ? 2 : 3, difficulty < 3 ? 2 : 4);
    const bool falling = draw.between(0, 1) == 0;
    const std::vector<std::int64_t> numbers = numbers_alike(draw, count, digits, 0);
    SolutionTrace working;
    std::vector<std::int64_t> sorted;
    for (const std::int64_t number : numbers) {
        const auto behind = [&](std::int64_t one) { return falling ? one < number : one > number; };
        const auto place = std::ranges::find_if(sorted, behind);
        const int comparisons = static_cast<int>(place - sorted.begin()) + (place == sorted.end() ? 0 : 1);
        sorted.insert(place, number);
        working.line(fmt::format("{}: {}", number, fmt::join(sorted, " ")), comparisons);
    }
    const std::string_view order = falling ? "from the largest to the smallest" : "from the smallest to the largest";
    const bool short_question = draw.between(0, 1) == 0;
    return solved(fmt::format("{} {}: {}.", short_question ? "Sort" : "Put these numbers in order", order,
                              fmt::join(numbers, ", ")),
                  fmt::format("{}", fmt::join(sorted, ", ")), Grader::list, working, key_of("order", numbers));
}

}  // namespace ergon::tasks
