#include "tasks/puzzles/solved/backtracking.h"

#include <algorithm>
#include <optional>

#include "base/strings/text.h"
#include "tasks/puzzles/solved/equation_checks.h"

namespace ergon::tasks {
namespace {

/// Whether a line's try is right; nothing if it is no try that can be judged by itself.
using Judgement = std::optional<bool>;

/// "43: 3*19=57>43": a digit of a quotient, too large or too small if it ends with > or >=.
Judgement judge_quotient(std::string_view line) {
    const std::vector<EquationCheck> claims = equation_checks_in(line);
    if (claims.empty() || claims[0].text.find('*') == std::string_view::npos) return std::nullopt;
    const std::string_view last = claims.back().text;
    if (last.find('>') != std::string_view::npos) return false;
    return last.find('<') == std::string_view::npos ? std::nullopt : Judgement(true);
}

/// "96/8=12 left 7 5: 7+5=12": whether what is behind the colon comes to what is wanted.
Judgement judge_countdown(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.find(" left ") > colon) return std::nullopt;
    const std::vector<EquationCheck> moves = equation_checks_in(line.substr(0, colon)),
                                     joins = equation_checks_in(line.substr(colon + 1));
    if (moves.size() != 1 || joins.empty()) return std::nullopt;
    return std::ranges::any_of(joins, [wanted = last_side(moves[0].text)](const EquationCheck& claim) {
        return last_side(claim.text) == wanted;
    });
}

/// "28: 28=3*9+1": the number that is tried.
Judgement judge_number(std::string_view line, const SolvedPuzzle& puzzle) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || equation_checks_in(line).empty()) return std::nullopt;
    return line.substr(0, colon) == puzzle.prompt.answer;
}

/// "DAB?": who is tried, or the order so far.
std::optional<std::string_view> letters_tried(std::string_view line) {
    const std::size_t mark = line.find('?');
    if (mark == std::string_view::npos || mark == 0) return std::nullopt;
    const std::string_view letters = line.substr(0, mark);
    return std::ranges::all_of(letters, base::is_letter) ? std::optional(letters) : std::nullopt;
}

/// The order in which the runners came in, from the worked solution.
std::string_view order_of(const SolvedPuzzle& puzzle) {
    const std::string_view solved = puzzle.thinking;
    const std::size_t end = solved.find("? yes"), begin = solved.rfind('\n', end) + 1;
    return solved.substr(begin, end - begin);
}

/// An order so far that is right but not whole is no success.
Judgement judge_order(std::string_view line, const SolvedPuzzle& puzzle) {
    const auto letters = letters_tried(line);
    if (!letters) return std::nullopt;
    const std::string_view order = order_of(puzzle);
    if (!order.starts_with(*letters)) return false;
    return *letters == order ? Judgement(true) : std::nullopt;
}

Judgement judge(std::string_view line, const SolvedPuzzle& puzzle) {
    if (puzzle.kind == SolvedKind::arithmetic) return judge_quotient(line);
    if (puzzle.kind == SolvedKind::countdown) return judge_countdown(line);
    if (puzzle.key.starts_with("riddle ")) return judge_number(line, puzzle);
    if (puzzle.key.starts_with("race ")) return judge_order(line, puzzle);
    if (!puzzle.key.starts_with("truth ")) return std::nullopt;
    const auto letters = letters_tried(line);
    return letters ? Judgement(*letters == puzzle.prompt.answer.substr(0, 1)) : std::nullopt;
}

bool keeps(std::string_view line) {
    return line.ends_with(" yes") || line.find(" ok: ") != std::string_view::npos;
}

}  // namespace

Backtracking backtracking_in(const SolvedPuzzle& puzzle, std::string_view thinking) {
    Backtracking found;
    while (!thinking.empty()) {
        const std::size_t end = std::min(thinking.find('\n'), thinking.size());
        const std::string_view line = thinking.substr(0, end);
        thinking.remove_prefix(std::min(end + 1, thinking.size()));
        const bool rejects = line.ends_with(rejection);
        const Judgement right = judge(line, puzzle);
        if (!right || !(rejects || keeps(line))) continue;
        if (*right == rejects || !std::ranges::all_of(equation_checks_in(line), &EquationCheck::holds)) {
            ++found.misjudged;
        } else if (rejects) {
            ++found.rejected;
        } else {
            found.revised = found.revised || found.rejected > 0;
        }
    }
    return found;
}

}  // namespace ergon::tasks
