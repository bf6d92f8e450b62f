#pragma once
// A language model that says whether an answer is right, where no program can.

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "lab/experiment/backend.h"

namespace ergon::lab {

/// What it said, and what saying so took: none of it is part of the judged answer.
struct Verdict {
    std::optional<bool> right;  // nothing if it did not say
    Answer answer;              // the judge's own
};

class Judge {
  public:
    explicit Judge(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}
    const Contender& contender() const { return backend_->contender(); }
    /// Asks about an answer to a prompt whose right answer is known. Throws as Backend::answer.
    Verdict judge(const tasks::Prompt& prompt, const std::string& answer);

  private:
    std::unique_ptr<Backend> backend_;
};

/// What the judge is asked.
std::string judge_question(const tasks::Prompt& prompt, const std::string& answer);
/// The last RIGHT or WRONG in capitals that the judge wrote, if any.
std::optional<bool> read_verdict(const std::string& text);

/// Notes a verdict with an answer: whether it is right, and apart what judging took.
void add_verdict(const Verdict& verdict, const Contender& judge, Answer& answer);

}  // namespace ergon::lab
