#pragma once
// The expressions by which a choice's letter is found in an answer, in English, Chinese, Japanese and Korean.

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tasks/graders/pattern.h"

namespace ergon::tasks {

/// The expressions for questions of so many choices. Immutable, shareable between threads.
class LetterPatterns {
  public:
    explicit LetterPatterns(std::size_t count);

    /// What a \boxed{} holds.
    std::optional<char> boxed(std::string_view content) const;
    /// The last "the answer is B", "答案是B", "정답은 B", "B is correct".
    std::optional<char> stated(std::string_view text) const;
    /// A letter that is all of the text.
    std::optional<char> lone(std::string_view text) const;
    /// Of the first line, else the last, unless lines begin with several letters: then all choices were listed.
    std::optional<char> line(std::string_view text) const;
    /// The last "hence (B)", "it must be B", "leaving B", "B rather than C", "选B", "Bが正しい".
    std::optional<char> concluded(std::string_view text) const;
    /// The only letter that is marked as "(B)" or "**B**" and not refused.
    std::optional<char> marked(std::string_view text) const;
    /// The only letter that stands alone and is not refused.
    std::optional<char> standing(std::string_view text) const;
    /// The only letter that is left, if all others are refused: "A, C and D fail".
    std::optional<char> left(std::string_view text) const;

  private:
    /// How many letters a line has as "B)".
    std::size_t mentioned(std::string_view line) const;
    std::optional<char> last_of(const Pattern& pattern, std::string_view text) const;
    std::optional<char> only(const Pattern& pattern, std::string_view text) const;

    std::size_t count_;
    Pattern stated_, concluded_, boxed_, line_, lone_, marked_, standing_, bracketed_, refused_;
};

}  // namespace ergon::tasks
