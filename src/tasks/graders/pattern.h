#pragma once
// Regular expressions that end in bounded time, whatever the expression and the text.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/strings/regex.h"

namespace ergon::tasks {

/// Longest text that is searched, in bytes (assumed: 2,500 words before an answer's end are enough to find its
/// conclusion).
inline constexpr std::size_t longest_searched = 16 << 10;

/// The end of a text, at most `longest_searched` bytes of it: where an answer comes to its conclusion.
std::string_view ending(std::string_view text);

/// A compiled expression: Unicode, letters of either case alike (unless it says `(?-i)`), ^ and $ at every line.
/// Immutable, shareable between threads.
class Pattern {
  public:
    /// One of ergon's own.
    explicit Pattern(std::string_view expression);
    /// One from outside, whose steps are counted. Throws Error(bad_argument) naming `origin` if it is no expression or
    /// is too large.
    Pattern(std::string_view expression, std::string_view origin);

    struct Match {
        std::size_t begin, end;  // in the text
        std::string_view group;  // the first group that took part, or all
    };

    /// The first match at or behind `from`. A search that takes too many steps found nothing; so did one in a text
    /// longer than `longest_searched`. Text that is not UTF-8 never matches, what stands around it does.
    std::optional<Match> find(std::string_view text, std::size_t from = 0) const;
    /// All matches, one behind the other.
    std::vector<Match> all(std::string_view text) const;

  private:
    base::Regex regex_;
};

}  // namespace ergon::tasks
