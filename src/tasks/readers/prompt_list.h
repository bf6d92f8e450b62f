#pragma once
// Prompts of a file, checked as they come.

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tasks/prompt_set.h"
#include "tasks/skipped_rows.h"

namespace ergon::tasks {

class PromptList {
  public:
    PromptList() = default;
    /// With `skipped`, bad rows are counted there and left out; else `skip_option` is named as the remedy.
    PromptList(SkippedRows* skipped, std::string_view skip_option) : skipped_(skipped), skip_option_(skip_option) {}

    /// Throws Error(bad_file), beginning with the place, for an id that is there already and for a prompt whose grader
    /// cannot work or would call the prompt's own answer wrong.
    void add(Prompt prompt, std::string_view place);

    /// What reads one row of a file and adds its prompt. Of one that is bad, throws Error(bad_file) with the remedy,
    /// unless bad rows are skipped.
    template <typename Read>
    void read_row(const Read& read) {
        try {
            read();
        } catch (const base::Error& error) {
            if (error.code() != base::ErrorCode::bad_file) throw;
            skip(error.what());
        }
    }

    bool empty() const { return prompts_.empty(); }
    std::vector<Prompt> take() { return std::move(prompts_); }

  private:
    void skip(std::string_view what);

    SkippedRows* skipped_ = nullptr;
    std::string skip_option_;
    std::vector<Prompt> prompts_;
    std::set<std::string, std::less<>> ids_;
};

}  // namespace ergon::tasks
