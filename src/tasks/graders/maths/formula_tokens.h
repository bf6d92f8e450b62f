#pragma once
// The tokens of an answer that is a formula.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/graders/maths/token.h"

namespace ergon::tasks::maths {

/// Runs of letters as variables, but for names of functions ("sin"), words ("apples": four letters or more, or three
/// that are no variables in the order of the alphabet) and units behind numbers ("cm"); the digits of \frac12 one by
/// one; no currency signs, and no marks or braces around all of it. Closed by a token of kind `end`.
std::vector<Token> formula_tokens(std::string_view text);

/// Words between the elements of a list: "and", "or".
bool is_separator(const Token& token);
bool opens(const Token& token);
bool closes(const Token& token);

/// Tokens as they are compared where nothing else is known of them: without blanks, but for those between numbers, and
/// without braces around one character.
std::string joined_text(std::span<const Token> tokens);

}  // namespace ergon::tasks::maths
