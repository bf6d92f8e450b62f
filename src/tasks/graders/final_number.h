#pragma once
// The number that an answer comes to.

#include <optional>
#include <string_view>

#include "tasks/graders/maths/numbers.h"

namespace ergon::tasks {

/// In this order: of the last \boxed{}, its value if it is a constant, or else the number in it; behind the last
/// "Answer:", "the answer is" or "####" the number that follows at once (of an equation, its right side; of a line
/// without digits, one in words; of one with roots or \pi, its value); the last one behind it; the last of the text. An
/// answer without digits may begin with a number in words.
std::optional<maths::Number> final_number(std::string_view answer);

}  // namespace ergon::tasks
