#pragma once
// Numbers and formulas in running text: one plain notation for those of LaTeX, Unicode and Markdown.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::tasks {

/// A text with its formulas in plain notation: `\frac{3}{4}` and ¾ become 3/4, × and `\times` become *, − becomes -,
/// 10⁵ and 10^{5} become 10^5; thin blanks between digits become _; `\text`, `\left`, braces and Markdown's **
/// disappear.
std::string plain_maths(std::string_view text);

/// Where the brace that opens at `open` is closed; nothing if it is not.
std::optional<std::size_t> closing_brace(std::string_view text, std::size_t open);

struct Number {
    double value = 0;
    bool percent = false;            // a % (or "percent") stood behind it; the value is what stood before it
    std::size_t begin = 0, end = 0;  // in the text; sign, currency and percent included
};

/// The numbers of a text in plain notation, in their order: with thousands separated (1,234 1_234 1'234 1.234.567),
/// with decimals (2.5, and 2,5 where no group of three digits follows), fractions (3/4, 1 3/4), powers (2^10), in
/// scientific notation (1.2e5, 1.2*10^5), in words of size (3 million). What is part of a word or an exponent (H2O,
/// m^2), a version or a date is none.
std::vector<Number> numbers_in(std::string_view plain);

/// The number that is all of the text, in any of these notations.
std::optional<Number> whole_number_of(std::string_view text);

/// The number that an answer comes to. In this order: of the last \boxed{}; behind the last "Answer:", "the answer is" or
/// "####" if a number follows at once (of an equation, its right side); the last one behind it; the last of the text. An
/// answer without digits may begin with a word from zero to twenty.
std::optional<Number> final_number(std::string_view answer);

}  // namespace ergon::tasks
