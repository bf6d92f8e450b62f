#include "tasks/readers/prompt_list.h"

#include "base/error.h"
#include "tasks/graders/grader.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

/// The right answer as a model is asked to give it.
std::string as_answered(const Prompt& prompt) {
    if (prompt.grader == Grader::boxed) return "\\boxed{" + prompt.answer + "}";
    if (prompt.grader == Grader::countdown) return "Answer: " + prompt.answer;
    return prompt.answer;
}

void check_grader(const Prompt& prompt, std::string_view place) {
    if (prompt.grader == Grader::none) return;
    std::optional<bool> right;
    try {
        right = grade(prompt, as_answered(prompt));
    } catch (const base::Error& error) {
        base::fail(ErrorCode::bad_file, "{}: {}", place, error.what());
    }
    if (!right) base::fail(ErrorCode::bad_file, "{}: the grader needs an answer to compare with; add one.", place);
    if (!*right && !prompt.answer.empty()) {
        base::fail(ErrorCode::bad_file,
                   "{}: the reference answer \"{}\" would be graded as wrong; correct it or the grader.", place,
                   prompt.answer);
    }
}

}  // namespace

void PromptList::add(Prompt prompt, std::string_view place) {
    if (ids_.contains(prompt.id)) {
        base::fail(ErrorCode::bad_file, "{}: the id \"{}\" occurs twice; each prompt needs its own.", place, prompt.id);
    }
    check_grader(prompt, place);
    ids_.insert(prompt.id);
    prompts_.push_back(std::move(prompt));
}

void PromptList::skip(std::string_view what) {
    if (skipped_ == nullptr) {
        const std::string remedy =
            skip_option_.empty() ? "" : " Correct the row, or skip bad rows: " + skip_option_ + ".";
        base::fail(ErrorCode::bad_file, "{}{}", what, remedy);
    }
    if (skipped_->count++ == 0) skipped_->first = what;
}

}  // namespace ergon::tasks
