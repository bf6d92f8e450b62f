#include "tasks/puzzles/solved/export.h"

#include <nlohmann/json.hpp>

#include "base/json/json_text.h"
#include "tasks/graders/grader.h"

namespace ergon::tasks {

std::string json_line(const SolvedPuzzle& puzzle, bool with_thinking) {
    const Prompt& prompt = puzzle.prompt;
    nlohmann::ordered_json line{{"id", prompt.id}, {"prompt", prompt.text}};
    if (with_thinking) line["thinking"] = puzzle.thinking;
    line["answer"] = prompt.answer;
    line["kind"] = prompt.category;
    line["difficulty"] = puzzle.difficulty;
    line["work"] = puzzle.work;
    line["key"] = puzzle.key;
    line["category"] = prompt.category;
    line["grader"] = name_of(prompt.grader);
    if (!prompt.accepted.empty()) line["accepted"] = prompt.accepted;
    if (!prompt.numbers.empty()) {
        line["numbers"] = prompt.numbers;
        line["target"] = prompt.target;
    }
    return base::json_text(line);
}

std::string json_line(const Exchange& exchange) {
    return base::json_text(
        nlohmann::ordered_json{{"prompt", exchange.user}, {"answer", exchange.assistant}, {"grader", "none"}});
}

}  // namespace ergon::tasks
