#pragma once
// Numbers in English words.

#include <optional>
#include <span>

#include "tasks/graders/maths/rational.h"
#include "tasks/graders/maths/token.h"

namespace ergon::tasks::maths {

struct NumberInWords {
    Rational value;
    std::size_t next = 0;  // the token behind it
};

/// The number that begins at a token: "twenty-one", "minus four", "one hundred and five thousand", "three quarters",
/// "two and a half", "zero point five".
std::optional<NumberInWords> read_number_words(std::span<const Token> tokens, std::size_t at);

/// 1,000 for "thousand", ... up to "trillion", also "dozen", "lakh" and "crore"; nothing for other words.
std::optional<Rational> size_word(std::string_view word);

}  // namespace ergon::tasks::maths
