#pragma once
// Expressions in running text: one plain notation for those of LaTeX, Unicode and Markdown.

#include <string>
#include <string_view>

namespace ergon::tasks {

/// A text with its formulas in plain notation: `\frac{3}{4}` and ¾ become 3/4, × and `\times` become *, − becomes -,
/// 10⁵ and 10^{5} become 10^5; thin blanks between digits become _; `\text`, `\left`, braces and Markdown's **
/// disappear.
std::string plain_maths(std::string_view text);

}  // namespace ergon::tasks
