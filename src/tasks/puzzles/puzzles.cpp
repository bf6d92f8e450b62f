#include "tasks/puzzles/puzzles.h"

#include <fmt/format.h>

#include "base/error.h"
#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {
namespace {

constexpr std::int64_t max_puzzles = 1'000'000;  // about 500 MB (derived: half a kilobyte each)

struct Kind {
    std::string_view category;
    Prompt (*make)(Draw&);
};
constexpr std::array<Kind, 6> kinds{{{"arithmetic", arithmetic_puzzle},
                                     {"countdown", countdown_puzzle},
                                     {"sorting", sorting_puzzle},
                                     {"dates", date_puzzle},
                                     {"units", unit_puzzle},
                                     {"logic", logic_puzzle}}};

}  // namespace

std::string listed(std::span<const std::string> items, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? last : ", ";
        text += items[i];
    }
    return text;
}

Prompt puzzle(std::string question, std::string_view wanted, std::string answer, Grader grader) {
    Prompt prompt;
    prompt.text = fmt::format("{}\n\nGive the answer on the last line: \"Answer:\" followed by {}.", question, wanted);
    prompt.answer = std::move(answer);
    prompt.grader = grader;
    return prompt;
}

std::vector<Prompt> puzzles(std::uint64_t seed, std::int64_t count) {
    if (count < 0 || count > max_puzzles) {
        base::fail(base::ErrorCode::bad_argument, "{} puzzles were requested; expected 0 to {}.", count, max_puzzles);
    }
    std::vector<Prompt> made;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
        const Kind& kind = kinds[i % kinds.size()];
        Draw draw(seed, i);
        Prompt prompt = kind.make(draw);
        prompt.id = fmt::format("{}-{}", kind.category, i / kinds.size() + 1);
        prompt.category = kind.category;
        made.push_back(std::move(prompt));
    }
    return made;
}

}  // namespace ergon::tasks
