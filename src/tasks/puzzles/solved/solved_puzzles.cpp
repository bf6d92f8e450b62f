#include "tasks/puzzles/solved/solved_puzzles.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "base/error.h"
#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

constexpr std::uint64_t one_key_held_out_of = 10;

struct Maker {
    std::optional<SolvedPuzzle> (*make)(Draw&, int difficulty);
    std::array<int, hardest> max_work;
};
// In the order of SolvedKind. The bounds are assumed, and chosen such that each difficulty asks for about half as much
// again as the one before it and a worked solution of the hardest fits longest_thinking.
constexpr std::array<Maker, solved_kind_names.size()> makers{{{solved_arithmetic, {4, 8, 14, 21, 32}},
                                                              {solved_countdown, {3, 6, 10, 16, 30}},
                                                              {solved_sorting, {4, 8, 14, 21, 32}},
                                                              {solved_comparison, {2, 4, 7, 11, 18}},
                                                              {solved_date, {2, 4, 6, 9, 14}},
                                                              {solved_units, {1, 2, 3, 5, 9}},
                                                              {solved_logic, {3, 6, 9, 13, 20}}}};

/// The index that a draw by weights comes to.
template <std::size_t size>
std::size_t drawn(Draw& draw, const std::array<std::uint32_t, size>& weights, std::string_view what) {
    const std::int64_t sum = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
    if (sum == 0) {
        base::fail(base::ErrorCode::bad_argument,
                   "No puzzle can be made: the weights of all {} are zero; make one positive.", what);
    }
    std::int64_t left = draw.between(0, sum - 1);
    std::size_t index = 0;
    while (left >= weights[index]) left -= weights[index++];
    return index;
}

}  // namespace

SolvedPuzzle solved(std::string question, std::string answer, Grader grader, const SolutionTrace& working,
                    std::string key) {
    SolvedPuzzle made;
    made.prompt.text = std::move(question);
    made.prompt.answer = std::move(answer);
    made.prompt.grader = grader;
    made.thinking = working.text();
    made.work = working.steps();
    made.key = std::move(key);
    return made;
}

std::string key_of(std::string_view word, std::vector<std::int64_t> numbers) {
    std::ranges::sort(numbers);
    return fmt::format("{} {}", word, fmt::join(numbers, " "));
}

Split split_of(std::string_view key) {
    std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    // FNV's low bits are those of the key's last characters: mixed once more.
    return base::random_bits(hash, 0, 0) % one_key_held_out_of == 0 ? Split::held_out : Split::train;
}

WorkRange work_of(SolvedKind kind, int difficulty) {
    const auto& most = makers[static_cast<std::size_t>(kind)].max_work;
    const auto level = static_cast<std::size_t>(difficulty - 1);
    return {level == 0 ? 1 : most[level - 1] + 1, most[level]};
}

SolvedPuzzle solved_puzzle(std::uint64_t seed, Split split, std::uint64_t place, const Mixture& mixture) {
    Draw draw(seed, place);
    const std::size_t kind = drawn(draw, mixture.kinds, "kinds");
    const int difficulty = 1 + static_cast<int>(drawn(draw, mixture.difficulties, "difficulties"));
    const auto [least, most] = work_of(static_cast<SolvedKind>(kind), difficulty);
    while (true) {
        auto made = makers[kind].make(draw, difficulty);
        if (!made || made->work < least || made->work > most || made->thinking.size() > longest_thinking ||
            split_of(made->key) != split) {
            continue;
        }
        made->kind = static_cast<SolvedKind>(kind);
        made->difficulty = difficulty;
        made->prompt.category = solved_kind_names[kind];
        made->prompt.id =
            fmt::format("{}-{}-{}", made->prompt.category, split_names[static_cast<std::size_t>(split)], place);
        return std::move(*made);
    }
}

}  // namespace ergon::tasks
