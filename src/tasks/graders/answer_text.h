#pragma once
// Where in an answer its conclusion stands, and texts as they are compared.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks {

/// What stands in the last \boxed{...} (or \fbox{...}) that is closed; of \boxed 3, to the end of the formula.
std::optional<std::string_view> last_boxed(std::string_view text);

/// What follows the last "Answer:", "the answer is" or GSM8K's "####", to the end of the text; not empty.
std::optional<std::string_view> conclusion(std::string_view text);

/// The first line of a text.
std::string_view first_line(std::string_view text);

/// A text as it is compared: ASCII letters in lower case, white space folded to single blanks, punctuation, quotes and
/// Markdown's marks cut off both ends. Of what is nothing but such marks, nothing is cut.
std::string folded(std::string_view text);

/// What an answer may state as what was asked for, folded.
struct Stated {
    std::string whole;
    std::optional<std::string> conclusion;  // what is boxed, else the line behind "Answer:"
    std::optional<std::string> bold;        // what was printed bold last, if nothing is concluded

    template <typename Right>
    bool any(const Right& right) const {
        return right(whole) || (conclusion && right(*conclusion)) || (bold && right(*bold));
    }
};
Stated stated_in(std::string_view answer);

/// Whether `part` begins the text and ends there with a word.
bool begins_with_words(std::string_view text, std::string_view part);
/// Whether `part` stands in the text as whole words.
bool holds_words(std::string_view text, std::string_view part);

}  // namespace ergon::tasks
