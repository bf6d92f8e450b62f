// The numbers game, solved backwards: what must the others come to if this number is the last to be added, taken away,
// multiplied or divided by?

#include <algorithm>
#include <fmt/format.h>

#include "tasks/puzzles/solved/backtracking.h"
#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

using Numbers = std::vector<std::int64_t>;  // the largest first

constexpr std::int64_t lowest_target = 10, highest_target = 200;  // as in countdown_puzzle
constexpr std::int64_t lowest_number = 2, highest_number = 30;

/// The last operation undone: "96/8=12" says that 12 times 8 is the target.
struct Move {
    std::string equation;
    std::int64_t number;     // that is used up
    std::int64_t rest;       // what the others must come to
    std::string_view shape;  // how the target is made of the others: "{0}*{1}"
};

/// The moves from a target in the order in which they are tried: exact divisions, then small rests before large ones.
/// None that asks for more than the product of the others, or for less than 1.
std::vector<Move> moves_from(std::int64_t target, const Numbers& numbers) {
    std::vector<Move> moves;
    std::int64_t all = 1;
    for (const std::int64_t number : numbers) all *= number;
    const auto add = [&](std::int64_t number, std::int64_t rest, char sign, bool reversed, std::string_view shape) {
        if (rest < 1 || rest > all / number) return;
        moves.push_back({reversed ? fmt::format("{}{}{}={}", number, sign, target, rest)
                                  : fmt::format("{}{}{}={}", target, sign, number, rest),
                         number, rest, shape});
    };
    for (const std::int64_t n : numbers) {
        if (target % n == 0) add(n, target / n, '/', false, "{0}*{1}");
    }
    for (const std::int64_t n : numbers) add(n, target - n, '-', false, "{0}+{1}");
    for (const std::int64_t n : numbers) add(n, n - target, '-', true, "{1}-{0}");
    for (std::size_t i = numbers.size(); i-- > 0;) add(numbers[i], target + numbers[i], '+', false, "{0}-{1}");
    for (const std::int64_t n : numbers) {
        if (n % target == 0) add(n, n / target, '/', true, "{1}/{0}");
    }
    for (std::size_t i = numbers.size(); i-- > 0;) add(numbers[i], target * numbers[i], '*', false, "{0}/{1}");
    return moves;
}

Numbers without(Numbers numbers, std::int64_t one) {
    numbers.erase(std::ranges::find(numbers, one));
    return numbers;
}

/// Depth first, and written down as it goes. It gives up on puzzles in which a rest is one of the numbers (the game
/// would be over with fewer of them) and on long ones.
class CountdownSearch {
  public:
    explicit CountdownSearch(int max_steps) : max_steps_(max_steps) {}

    bool run(std::int64_t target, const Numbers& numbers) {
        working_.line(fmt::format("{} from {}", target, fmt::join(numbers, " ")));
        return solve(target, numbers);
    }
    /// How the solution is built up, the expression last.
    const std::vector<std::string>& expressions() const { return expressions_; }
    SolutionTrace& working() { return working_; }

  private:
    bool solve(std::int64_t target, const Numbers& numbers) {
        for (const Move& move : moves_from(target, numbers)) {
            const Numbers others = without(numbers, move.number);
            given_up_ = given_up_ || working_.steps() > max_steps_ || std::ranges::count(others, move.rest) > 0;
            if (given_up_) return false;
            working_.line(fmt::format("{} left {}", move.equation, fmt::join(others, " ")), 1);
            const bool solved = others.size() == 2 ? join(move.rest, others[0], others[1]) : solve(move.rest, others);
            if (solved) {
                wrap(move);
                return true;
            }
            if (others.size() > 2) working_.line(fmt::format("{} {}", move.rest, rejection));
        }
        return false;
    }

    /// The last two numbers, a >= b: a rest above a can only be their sum or product, one below it the others.
    bool join(std::int64_t rest, std::int64_t a, std::int64_t b) {
        working_.add(":");
        const bool above = rest > a;
        if (tried(above ? '+' : '-', above ? a + b : a - b, rest, a, b)) return true;
        if (above || a % b == 0) {
            if (tried(above ? '*' : '/', above ? a * b : a / b, rest, a, b)) return true;
        }
        working_.add(fmt::format(" {}", rejection));
        return false;
    }

    bool tried(char sign, std::int64_t value, std::int64_t rest, std::int64_t a, std::int64_t b) {
        working_.add(fmt::format(" {}{}{}={}", a, sign, b, value), 1);
        if (value != rest) return false;
        working_.add(" yes");
        expressions_ = {fmt::format("{}{}{}", a, sign, b)};
        loose_ = sign == '+' || sign == '-';
        return true;
    }

    /// The expression so far becomes part of a larger one, in brackets where they matter.
    void wrap(const Move& move) {
        const bool product = move.shape.find_first_of("*/") != std::string_view::npos;
        // What is taken away or divided by needs them always.
        const bool behind = move.shape == "{1}-{0}" || move.shape == "{1}/{0}";
        const bool brackets = behind || (product && loose_);
        const std::string inner = brackets ? "(" + expressions_.back() + ")" : expressions_.back();
        expressions_.push_back(fmt::format(fmt::runtime(move.shape), inner, move.number));
        loose_ = !product;
    }

    int max_steps_;
    bool given_up_ = false;
    SolutionTrace working_;
    std::vector<std::string> expressions_;
    bool loose_ = false;  // a sum or difference, which needs brackets inside products
};

/// What the numbers come to when they are joined one after the other; nothing if it is no whole number above 1.
std::optional<std::int64_t> chained(Draw& draw, const Numbers& numbers) {
    std::int64_t value = numbers[0];
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        const std::int64_t number = numbers[i];
        const char sign = draw.one_of(std::string_view("+-*+-/"));
        if (sign == '/' && value % number != 0) return std::nullopt;
        value = sign == '+'   ? value + number
                : sign == '*' ? value * number
                : sign == '/' ? value / number
                              : std::max(value, number) - std::min(value, number);
        if (value < 2) return std::nullopt;
    }
    return value;
}

Numbers different_numbers(Draw& draw, std::size_t count) {
    Numbers numbers;
    while (numbers.size() < count) {
        const std::int64_t number = draw.between(lowest_number, highest_number);
        if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
    }
    return numbers;
}

}  // namespace

std::optional<SolvedPuzzle> solved_countdown(Draw& draw, int difficulty) {
    // Three numbers where few steps are asked for; four allow for more.
    const std::int64_t least = difficulty < 5 ? 3 : 4, most = difficulty < 3 ? 3 : 4;
    const std::int64_t count = draw.between(least, most);
    Numbers numbers = different_numbers(draw, static_cast<std::size_t>(count));
    const auto target = chained(draw, numbers);
    if (!target || *target < lowest_target || *target > highest_target || std::ranges::count(numbers, *target) > 0) {
        return std::nullopt;
    }
    std::vector<std::string> names;
    for (const std::int64_t number : numbers) names.push_back(std::to_string(number));
    std::ranges::sort(numbers, std::greater());
    CountdownSearch search(work_of(SolvedKind::countdown, difficulty).most);
    if (!search.run(*target, numbers)) return std::nullopt;
    search.working().line(fmt::format("{}", fmt::join(search.expressions(), " ")));
    constexpr std::array<std::string_view, 3> wordings{
        "Make {} from the numbers {}. Each may be used at most once.",
        "Use +, -, * and / to make {} from {}. Each number may be used at most once.",
        "Countdown: reach {} with {}, each used at most once."};
    SolvedPuzzle made =
        solved(fmt::format(fmt::runtime(draw.one_of(wordings)), *target, listed(names)), search.expressions().back(),
               Grader::countdown, search.working(), key_of("countdown", numbers));
    made.prompt.numbers = numbers;
    made.prompt.target = *target;
    return made;
}

}  // namespace ergon::tasks
