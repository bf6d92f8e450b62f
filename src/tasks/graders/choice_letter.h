#pragma once
// The letter that an answer to a multiple choice settles on.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ergon::tasks {

/// Most choices that a question can have: A to Z.
inline constexpr std::size_t max_choices = 26;

/// 'A' for the first choice, and so on; nothing if the answer names none conclusively. In this order: the last
/// \boxed{B}; the last "the answer is B", "Answer: (B)", "I choose B", "B is correct", "答案是B", "正解はB" or "정답은
/// B"; a first or last line that is "B", "(B)" or begins with "B." or "B)"; the choice's own words as all that is
/// stated; the last "hence (B)", "it must be B", "B rather than C" or "选B"; the only letter marked as "(B)" or
/// "**B**"; the only one left when all others are refused; the only letter that stands alone; the only choice whose
/// words occur. The article "A" is no letter, nor is a list of all choices.
std::optional<char> chosen_letter(std::string_view answer, std::span<const std::string> choices);

/// A question, its choices with their letters, and the wish for the letter alone.
std::string multiple_choice_text(std::string_view question, std::span<const std::string> choices);

/// The lettered lines "A. first\nB. second\n".
std::string lettered(std::span<const std::string> choices);

}  // namespace ergon::tasks
