#pragma once
// Right or wrong: an answer's text against what the prompt asks for. The thought before the answer is not part of it.

#include <optional>
#include <string_view>

#include "tasks/prompt_set.h"

namespace ergon::tasks {

/// Nothing if the prompt has no right answer (Grader::none, or neither answer nor pattern nor numbers). The graders:
///   exact      what is stated (all of the text, or what is in \boxed{}, behind "Answer:" or bold at last) is one of
///              the right answers; ASCII case, white space, and marks around it do not matter
///   match      what is stated begins with a right answer, and a word ends there: OpenAI evals' Match, whose ideal "1"
///              would accept "12" as well; behind "Answer:" or in \boxed{}, if there is such, else at the beginning
///   includes   a right answer stands anywhere in the text as whole words: OpenAI evals' Includes
///   number     the number that the text comes to (final_number) is the right one (maths::same_number: exactly, but for
///              decimal fractions and a prompt's own tolerance); 25% is right for 25 and for 0.25
///   choice     the letter that the text settles on (chosen_letter)
///   regex      the pattern matches somewhere in the last 16 KiB; one that takes too many steps does not
///   boxed      the last \boxed{}, or else what is stated, is the same mathematics (maths::same_maths)
///   list       the items of the right answer, in its order, with no other words but "and" and the numbers of a list
///              between them; if they occur in several orders, the last counts
///   countdown  an expression of the prompt's numbers that comes to its target (solves_countdown)
/// Throws Error(bad_argument) for a prompt that cannot be graded: a number or a letter that is none, a wrong pattern.
std::optional<bool> grade(const Prompt& prompt, std::string_view answer_text);

/// The grader of that name ("exact"), if there is one.
std::optional<Grader> grader_named(std::string_view name);
std::string_view name_of(Grader grader);

}  // namespace ergon::tasks
