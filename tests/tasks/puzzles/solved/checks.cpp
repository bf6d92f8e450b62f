#include "tasks/puzzles/solved/checks.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <sstream>

#include "base/strings/text.h"
#include "tasks/puzzles/calendar.h"
#include "tasks/puzzles/countdown.h"
#include "tasks/puzzles/solved/backtracking.h"
#include "tasks/puzzles/solved/equation_checks.h"

namespace ergon::tasks {
namespace {

using Numbers = std::vector<std::int64_t>;

std::string behind_last(const std::string& text, std::string_view mark) {
    const std::size_t at = text.rfind(mark);
    return at == std::string::npos ? text : text.substr(at + mark.size());
}

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

/// A line without signs of relations is a heading: "4873+0958". The results of the columns under it are the last
/// digits of its value, one more with each column.
std::string fault_of_columns(const std::vector<std::string>& lines) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::size_t equals = lines[i].find_first_of("=<");
        if (equals == std::string::npos) {
            value = evaluate(lines[i])->value.top;
        } else if (lines[i].find(": ") != std::string::npos && lines[i].find_first_of("<>") == std::string::npos) {
            const std::string result = behind_last(lines[i], ": ");
            std::int64_t places = 1;
            for (std::size_t digit = 0; digit < result.size(); ++digit) places *= 10;
            if (std::stoll(result) != value % places) return lines[i];
        }
    }
    return {};
}

std::string fault_of_arithmetic(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    const std::string& last = lines.back();
    const std::string result = last.find(": ") != std::string::npos ? behind_last(last, ": ") : behind_last(last, "=");
    if (result != puzzle.prompt.answer) return "another result: " + last;
    if (lines[0].find('/') == std::string::npos) return fault_of_columns(lines);
    for (const std::string& line : lines) {  // the digits of the quotient so far
        if (line.ends_with(rejection) || line.find(": ") == std::string::npos) continue;
        if (!puzzle.prompt.answer.starts_with(behind_last(line, ": "))) return line;
    }
    return {};
}

/// All values above 0 that the numbers come to, joined one after the other in any order.
std::set<std::int64_t> values_of(const Numbers& numbers) {
    if (numbers.size() == 1) return {numbers[0]};
    std::set<std::int64_t> values;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Numbers others = numbers;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const std::int64_t n = numbers[i];
        for (const std::int64_t value : values_of(others)) {
            values.insert({value + n, value * n});
            if (value != n) values.insert(std::abs(value - n));
            if (value % n == 0) values.insert(value / n);
            if (n % value == 0) values.insert(n / value);
        }
    }
    return values;
}

/// What must be reached, and with what; the numbers in ascending order.
struct State {
    std::int64_t target;
    Numbers numbers;
};

Numbers ascending(Numbers numbers) {
    std::ranges::sort(numbers);
    return numbers;
}

/// A line of a countdown's search against the states before it, which it may add to.
std::string fault_of_move(const std::string& line, std::vector<State>& states) {
    const std::size_t left = line.find(" left ");
    if (left == std::string::npos) {  // "88 no, back": nothing comes to it
        const std::int64_t target = std::stoll(line);
        const auto state = std::ranges::find_if(states, [&](const State& one) { return one.target == target; });
        if (state == states.end() || !line.ends_with(rejection)) return line;
        return values_of(state->numbers).contains(target) ? line : "";
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const Numbers equation = whole_numbers_in(line.substr(0, left));
    const State next{equation[2], ascending(whole_numbers_in(line.substr(left, colon - left)))};
    const auto leads_here = [&](const State& state) {
        for (const std::int64_t used : state.numbers) {
            Numbers all = next.numbers;
            all.push_back(used);
            if (ascending(all) == state.numbers &&
                ascending({used, state.target}) == ascending({equation[0], equation[1]})) {
                return true;
            }
        }
        return false;
    };
    if (std::ranges::none_of(states, leads_here)) return line;
    if (line.ends_with(rejection) && values_of(next.numbers).contains(next.target)) return line;
    states.insert(states.begin(), next);
    return {};
}

std::string fault_of_countdown(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    Numbers given = whole_numbers_in(lines[0]);
    if (given[0] != puzzle.prompt.target) return lines[0];
    std::vector<State> states{{given[0], ascending({given.begin() + 1, given.end()})}};
    if (states[0].numbers != ascending(puzzle.prompt.numbers)) return lines[0];
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        if (std::string fault = fault_of_move(lines[i], states); !fault.empty()) return fault;
    }
    // The last line builds the solution up from the last target but one.
    std::istringstream words(lines.back());
    std::string expression;
    while (words >> expression) {
        const auto value = evaluate(expression);
        const bool a_target = value && std::ranges::any_of(states, [&](const State& one) {
                                  return value->value == Rational{one.target, 1};
                              });
        if (!a_target) return lines.back();
    }
    return expression == puzzle.prompt.answer ? "" : lines.back();
}

std::string fault_of_sorting(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    Numbers so_far;
    const bool falling = puzzle.prompt.text.find("from the largest") != std::string::npos;
    for (const std::string& line : lines) {
        const Numbers list = whole_numbers_in(line);
        so_far.push_back(list[0]);
        std::ranges::sort(so_far);
        if (falling) std::ranges::reverse(so_far);
        if (Numbers(list.begin() + 1, list.end()) != so_far) return line;
        if (falling) std::ranges::reverse(so_far);
    }
    if (falling) std::ranges::reverse(so_far);
    return fmt::format("{}", fmt::join(so_far, ", ")) == puzzle.prompt.answer ? "" : "another order";
}

std::string fault_of_comparison(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    const bool largest = puzzle.prompt.text.find("larg") != std::string::npos;
    for (const std::string& line : lines) {
        const std::size_t colon = line.find(':'), blank = line.find(' ');
        if (colon == std::string::npos) continue;  // fractions: all of it is claims
        const double a = std::stod(line), b = std::stod(line.substr(blank)), best = std::stod(behind_last(line, "so "));
        if (best != (largest ? std::max(a, b) : std::min(a, b))) return line;
    }
    return behind_last(lines.back(), "so ") == puzzle.prompt.answer ? "" : lines.back();
}

/// "2023-03: 65-31=34": one of the numbers is the month's length, unless it is the last month.
std::string fault_of_month(const std::string& line) {
    using namespace std::chrono;
    const int year_number = std::stoi(line);
    const auto month_number = static_cast<unsigned>(std::stoi(line.substr(5)));
    const auto length = static_cast<unsigned>((year(year_number) / month(month_number) / last).day());
    const std::vector<EquationCheck> claims = equation_checks_in(line);
    const Numbers numbers = whole_numbers_in(std::string(claims.back().text));
    const bool leap = claims.size() < 2 || month_number != 2 ||
                      (year(year_number).is_leap() == (last_side(claims[0].text).ends_with("+0")));
    return leap && std::ranges::count(numbers, length) > 0 ? "" : line;
}

/// "Friday, 1 Saturday, 2 Sunday": one day on, or one day back, at a time.
std::string fault_of_weekday(const SolvedPuzzle& puzzle, const std::string& line) {
    const std::string& text = puzzle.prompt.text;
    const bool back = text.find("was") != std::string::npos || text.find("before") != std::string::npos;
    std::istringstream words(line);
    std::int64_t day = -1, counted = 0;
    for (std::string word; words >> word;) {
        if (base::is_digit(word[0])) {
            if (std::stoll(word) != ++counted) return line;
            continue;
        }
        if (word.back() == ',') word.pop_back();
        const auto next = std::ranges::find(weekdays, word) - weekdays.begin();
        if (day >= 0 && next != (day + (back ? 6 : 1)) % 7) return line;
        if (day < 0 && text.find(word) == std::string::npos) return line;
        day = next;
    }
    return weekdays[day] == puzzle.prompt.answer && puzzle.thinking.find(fmt::format("+{}\n", counted)) < 20 ? ""
                                                                                                             : line;
}

std::string fault_of_dates(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    const std::string& answer = puzzle.prompt.answer;
    if (puzzle.key.starts_with("weekday")) return fault_of_weekday(puzzle, lines.back());
    const bool of_days = puzzle.key.starts_with("days"), asks_date = of_days && puzzle.prompt.grader != Grader::number;
    // Behind the sum of days there is a line for each month; a count of days ends with a month whose length is not
    // used.
    const std::size_t end = !of_days ? 0 : asks_date ? lines.size() : lines.size() - 1;
    for (std::size_t i = asks_date ? 1 : 0; i < end; ++i) {
        if (std::string fault = fault_of_month(lines[i]); !fault.empty()) return fault;
    }
    if (puzzle.prompt.grader == Grader::number) return behind_last(lines.back(), "=") == answer ? "" : lines.back();
    if (!of_days) {
        const std::int64_t minutes = std::stoll(behind_last(lines[0], "=")),
                           hours = std::stoll(behind_last(lines[1], "="));
        return clock_time(60 * hours + minutes) == answer ? "" : lines.back();
    }
    const Numbers day = whole_numbers_in(std::string(equation_checks_in(lines.back()).back().text));
    return fmt::format("{}-{:02}", lines.back().substr(0, 7), day[0]) == answer ? "" : lines.back();
}

std::string fault_of_units(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    return behind_last(lines.back(), "=") == puzzle.prompt.answer ? "" : lines.back();
}

/// "20 to 40: 7* 3*+1": the answer is the one number of which that is true.
std::string fault_of_number(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    const Numbers wanted = whole_numbers_in(lines[0]);
    std::vector<std::string> fitting;
    for (std::int64_t number = wanted[0]; number <= wanted[1]; ++number) {
        bool fits = number % wanted[2] == 0;
        for (std::size_t i = 3; i < wanted.size(); i += 2) fits = fits && number % wanted[i] == wanted[i + 1];
        if (fits) fitting.push_back(std::to_string(number));
    }
    return fitting == std::vector{puzzle.prompt.answer} ? "" : lines[0];
}

/// "A? A:B- true B:C+ false": what B says, that C tells the truth, is false if A is the one who does.
std::string fault_of_truth(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    std::istringstream said(lines[0]);
    std::string fitting;
    const std::vector<std::string> statements{std::istream_iterator<std::string>(said), {}};
    const auto is_true = [](const std::string& one, char honest) { return (one[2] == honest) == (one[3] == '+'); };
    for (const std::string& candidate : statements) {
        const auto agrees = [&](const std::string& one) {
            return is_true(one, candidate[0]) == (one[0] == candidate[0]);
        };
        if (std::ranges::all_of(statements, agrees)) fitting += candidate[0];
    }
    if (fitting != puzzle.prompt.answer.substr(0, 1)) return lines[0];
    for (std::size_t i = 1; i < lines.size(); ++i) {
        std::istringstream words(lines[i].substr(2));
        for (std::string statement, value; words >> statement >> value;) {
            if (statement.find(':') == std::string::npos) break;
            if (value != (is_true(statement, lines[i][0]) ? "true" : "false")) return lines[i];
        }
    }
    return {};
}

/// An order is taken back only if the runners did not come in so; the last line numbers them.
std::string fault_of_race(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    const std::string& solved = lines[lines.size() - 2];
    const std::string order = solved.substr(0, solved.find("? yes"));
    std::string places;
    for (std::size_t i = 0; i < order.size(); ++i) places += fmt::format("{}{}{}", i == 0 ? "" : " ", i + 1, order[i]);
    if (places != lines.back()) return lines.back();
    for (std::size_t i = 1; i + 2 < lines.size(); ++i) {
        const std::string letters = lines[i].substr(0, lines[i].find_first_of("? "));
        if (lines[i].ends_with(rejection) && order.starts_with(letters)) return lines[i];
    }
    return order.find(puzzle.prompt.answer[0]) == std::string::npos ? "no such runner" : "";
}

std::string fault_of_logic(const SolvedPuzzle& puzzle, const std::vector<std::string>& lines) {
    if (puzzle.key.starts_with("race")) return fault_of_race(puzzle, lines);
    if (!lines.back().ends_with(" yes")) return lines.back();
    return puzzle.key.starts_with("truth") ? fault_of_truth(puzzle, lines) : fault_of_number(puzzle, lines);
}

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::vector<std::int64_t> whole_numbers_in(const std::string& text) {
    Numbers numbers;
    bool inside = false;
    for (const char c : text) {
        const bool digit = base::is_digit(c);
        if (digit && !inside) numbers.push_back(0);
        if (digit) numbers.back() = numbers.back() * 10 + (c - '0');
        inside = digit;
    }
    return numbers;
}

std::string fault_of(const SolvedPuzzle& puzzle) {
    const std::string& text = puzzle.thinking;
    for (const EquationCheck& claim : equation_checks_in(text)) {
        if (!claim.holds) return fmt::format("it is false that {}", claim.text);
    }
    for (const std::string_view word : words_of_revision) {
        if (count_of(text, word) != count_of(text, rejection)) return fmt::format("\"{}\" stands by itself", word);
    }
    if (backtracking_in(puzzle, text).misjudged > 0) return "a try is misjudged";
    using Check = std::string (*)(const SolvedPuzzle&, const std::vector<std::string>&);
    constexpr std::array<Check, solved_kind_names.size()> checks{
        fault_of_arithmetic, fault_of_countdown, fault_of_sorting, fault_of_comparison,
        fault_of_dates,      fault_of_units,     fault_of_logic};
    return checks[static_cast<std::size_t>(puzzle.kind)](puzzle, lines_of(text));
}

int steps_shown(const SolvedPuzzle& puzzle) {
    const std::string& text = puzzle.thinking;
    std::size_t steps = 0;
    if (puzzle.kind == SolvedKind::sorting) {
        for (const std::string& line : lines_of(text)) {
            const Numbers list = whole_numbers_in(line);
            const auto place =
                static_cast<std::size_t>(std::find(list.begin() + 1, list.end(), list[0]) - list.begin());
            steps += place - (place + 1 == list.size() ? 1 : 0);
        }
        return static_cast<int>(steps);
    }
    if (puzzle.key.starts_with("race")) return static_cast<int>(count_of(text, "?"));
    if (puzzle.key.starts_with("truth")) return static_cast<int>(count_of(text, " true") + count_of(text, " false"));
    for (const EquationCheck& claim : equation_checks_in(text)) {
        for (std::size_t i = 0; i < claim.text.size(); ++i) {
            const bool sign = claim.text[i] == '=' || claim.text[i] == '<' || claim.text[i] == '>';
            const bool second = i > 0 && (claim.text[i - 1] == '<' || claim.text[i - 1] == '>');
            if (sign && !second) ++steps;
        }
    }
    if (puzzle.key.starts_with("weekday")) steps += count_of(text, ", ");
    for (std::size_t at = text.find(" c"); at != std::string::npos; at = text.find(" c", at + 1)) {
        if (base::is_digit(text[at + 2])) ++steps;
    }
    return static_cast<int>(steps);
}

}  // namespace ergon::tasks
