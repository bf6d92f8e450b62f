#include "lab/findings/puzzle_findings.h"

#include <fmt/format.h>

#include "base/error.h"
#include "lab/figure_text.h"
#include "lab/statistics/significance.h"
#include "tasks/puzzles/solved/backtracking.h"

namespace ergon::lab {
namespace {

std::string percent(const ConfidenceInterval& share) {
    return fmt::format("{:.0f}% ({:.0f}-{:.0f})", 100 * share.value, 100 * share.low, 100 * share.high);
}

void add(PuzzleFindings& found, const tasks::SolvedPuzzle& puzzle, const Answer& answer) {
    const bool right = answer.right.value_or(false);
    PuzzleScore& score = found.scores[{puzzle.prompt.category, puzzle.difficulty}];
    ++score.answers;
    score.right += right ? 1 : 0;
    score.thinking += answer[energy::Phase::thinking].tokens;
    if (!right || puzzle.difficulty < least_hard) return;
    const bool revised = tasks::backtracking_in(puzzle, answer.thinking).revised;
    const bool searches = tasks::backtracking_in(puzzle, puzzle.thinking).rejected > 0;
    for (Revised* const one : {&found.hard, searches ? &found.searching : nullptr}) {
        if (one == nullptr) continue;
        ++one->solved;
        one->revised += revised ? 1 : 0;
    }
}

/// null where nothing was counted.
nlohmann::ordered_json json_of(const ConfidenceInterval& share, std::int64_t of) {
    if (of == 0) return nullptr;
    return {{"value", share.value}, {"low", share.low}, {"high", share.high}};
}

nlohmann::ordered_json json_of(const PuzzleScore& score) {
    return {{"answers", score.answers},
            {"right", score.right},
            {"accuracy", json_of(score.accuracy(), score.answers)},
            {"thinking_tokens", score.thinking_per_answer()}};
}

nlohmann::ordered_json json_of(const Revised& one) {
    return {{"solved", one.solved}, {"revised", one.revised}, {"share", json_of(one.share(), one.solved)}};
}

}  // namespace

ConfidenceInterval PuzzleScore::accuracy() const {
    return wilson(static_cast<double>(right), static_cast<double>(answers));
}

double PuzzleScore::thinking_per_answer() const {
    return answers == 0 ? 0 : static_cast<double>(thinking.value()) / static_cast<double>(answers);
}

ConfidenceInterval Revised::share() const {
    return wilson(static_cast<double>(revised), static_cast<double>(solved));
}

PuzzleScore PuzzleFindings::of_difficulty(int least, int most) const {
    PuzzleScore sum;
    for (const auto& [place, score] : scores) {
        if (place.second < least || place.second > most) continue;
        sum.answers += score.answers;
        sum.right += score.right;
        sum.thinking += score.thinking;
    }
    return sum;
}

std::vector<PuzzleFindings> puzzle_findings(Results& results, RunId run, std::span<const tasks::SolvedPuzzle> puzzles) {
    std::map<std::string_view, const tasks::SolvedPuzzle*> by_id;
    for (const tasks::SolvedPuzzle& puzzle : puzzles) by_id.emplace(puzzle.prompt.id, &puzzle);
    std::map<std::string, std::string> asked;  // an id alone may be that of another puzzle
    for (AskedPrompt& one : results.prompts(run)) asked.emplace(std::move(one.id), std::move(one.text));
    std::vector<PuzzleFindings> all;
    for (const Contender& one : results.contenders(run)) all.push_back({one.label, {}, {}, {}});
    std::int64_t found = 0;
    results.for_each(run, [&](const Answer& answer) {
        if (answer.repeat > 0) return;
        const auto puzzle = by_id.find(answer.prompt);
        if (puzzle == by_id.end() || asked[answer.prompt] != puzzle->second->prompt.text) return;
        ++found;
        add(all.at(static_cast<std::size_t>(answer.contender)), *puzzle->second, answer);
    });
    if (found == 0) {
        base::fail(base::ErrorCode::bad_argument,
                   "None of the {} puzzles was asked in run {}: give the file of puzzles that its --prompts "
                   "named (for held-out: ergon puzzles --split held-out --seed SEED --count COUNT --json).",
                   puzzles.size(), run);
    }
    return all;
}

std::string puzzle_text(std::span<const PuzzleFindings> findings) {
    std::string text =
        fmt::format("{:<38} {:>12} {:>16} {:>17}\n", "right answers by difficulty", "", "", "thinking tokens");
    for (const PuzzleFindings& one : findings) {
        text += fmt::format("  {}\n", shown(one.label));
        const auto row = [&](const std::string& name, const PuzzleScore& score) {
            if (score.answers == 0) return;
            text += fmt::format("    {:<34} {:>12} {:>16} {:>17.0f}\n", name,
                                fmt::format("{} of {}", score.right, score.answers), percent(score.accuracy()),
                                score.thinking_per_answer());
        };
        for (int difficulty = 1; difficulty <= tasks::hardest; ++difficulty) {
            row(fmt::format("difficulty {}", difficulty), one.of_difficulty(difficulty, difficulty));
        }
        row(fmt::format("hard ({} and {})", least_hard, tasks::hardest), one.of_difficulty(least_hard, tasks::hardest));
    }
    text += "solved hard puzzles in which a wrong attempt was revised to a right one\n";
    for (const PuzzleFindings& one : findings) {
        text += fmt::format("  {}\n", shown(one.label));
        const auto row = [&](const char* name, const Revised& of) {
            const std::string share = of.solved == 0 ? "-" : percent(of.share());
            text +=
                fmt::format("    {:<34} {:>12} {:>16}\n", name, fmt::format("{} of {}", of.revised, of.solved), share);
        };
        row("all", one.hard);
        row("whose worked solution revises", one.searching);
    }
    return text;
}

nlohmann::ordered_json puzzle_json(std::span<const PuzzleFindings> findings) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const PuzzleFindings& one : findings) {
        nlohmann::ordered_json scores = nlohmann::ordered_json::array(), by_difficulty = scores;
        for (const auto& [place, score] : one.scores) {
            nlohmann::ordered_json entry{{"kind", place.first}, {"difficulty", place.second}};
            entry.update(json_of(score));
            scores.push_back(std::move(entry));
        }
        for (int difficulty = 1; difficulty <= tasks::hardest; ++difficulty) {
            nlohmann::ordered_json entry{{"difficulty", difficulty}};
            entry.update(json_of(one.of_difficulty(difficulty, difficulty)));
            by_difficulty.push_back(std::move(entry));
        }
        all.push_back({{"label", one.label},
                       {"all", json_of(one.of_difficulty(1, tasks::hardest))},
                       {"hard", json_of(one.of_difficulty(least_hard, tasks::hardest))},
                       {"by_difficulty", std::move(by_difficulty)},
                       {"by_kind_and_difficulty", std::move(scores)},
                       {"hard_solved", json_of(one.hard)},
                       {"hard_solved_by_search", json_of(one.searching)}});
    }
    return all;
}

}  // namespace ergon::lab
