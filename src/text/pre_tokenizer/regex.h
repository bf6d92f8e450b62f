#pragma once
// Regular expressions in the dialect of tokenizer.json (Oniguruma's Ruby syntax), run by PCRE2 with its JIT.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/strings/regex.h"

namespace ergon::text {

/// The same expression in PCRE2's dialect. What cannot be said there, or is not understood, is an
/// Error(unsupported) naming `origin`: a tokenizer that cuts differently from the published one would be wrong
/// silently.
std::string to_pcre2_dialect(std::string_view pattern, std::string_view origin);

/// A compiled expression. Immutable and shareable between threads.
class Regex {
  public:
    /// Throws Error(bad_file | unsupported) naming `origin`.
    Regex(std::string_view pattern, std::string_view origin);

    using Match = base::RegexSearch::Group;

    /// Finds all matches in one text after another: leftmost first, not overlapping; an empty match right behind the
    /// match before does not count. One searcher per thread.
    class Searcher {
      public:
        /// For texts of so many bytes in all, which grant time.
        Searcher(const Regex& regex, std::size_t bytes);

        /// Begins with a text (valid UTF-8), which must stay alive.
        void start(std::string_view text);
        /// The next match. Throws Error(out_of_budget) if the expression needs more steps or time than are granted.
        std::optional<Match> next();

      private:
        std::optional<Match> search();

        const Regex* regex_;
        base::RegexSearch search_;
        std::string_view text_;
        std::size_t from_ = 0;
        std::optional<std::size_t> last_end_;
    };

  private:
    base::Regex compiled_;
    std::string pattern_;
    std::string origin_;
};

}  // namespace ergon::text
