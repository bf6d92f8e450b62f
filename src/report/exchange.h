#pragma once
// One prompt and what each contender answered, side by side and folded.

#include <cstddef>
#include <string>
#include <vector>

#include "report/markup/markup.h"

namespace ergon::report {

struct Answer {
    std::string label;    // the contender
    std::string figures;  // in a line: "412 tokens, 3.1 J"; may be empty
    std::string thought;  // may be empty
    std::string text;
};

struct Exchange {
    std::string heading;
    std::string prompt;
    std::vector<Answer> answers;
};

/// Of a text that is longer this many characters are shown, and how many more there are.
inline constexpr std::size_t max_shown_characters = 20'000;

/// Line breaks and spaces stay as the model wrote them. On paper the prompt is unfolded and the thoughts are left out.
Markup markup(const Exchange& exchange);

}  // namespace ergon::report
