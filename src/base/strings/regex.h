#pragma once
// Regular expressions: compiled and run by PCRE2, within limits.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace ergon::base {

struct RegexOptions {
    bool caseless = false;
    bool any_bytes = false;    // what is not UTF-8 never matches; without this, texts must be UTF-8
    bool count_items = false;  // so that RegexLimits::items holds
    bool jit = false;          // worth its time where much is searched
    bool count_time = false;   // so that RegexLimits::steps_per_byte and seconds hold
};

struct RegexMistake {
    std::size_t at = 0;  // byte of the expression
    std::string what;    // in PCRE2's words
};

/// A compiled expression: UTF-8 with Unicode's classes, ^ and $ at every line, \n ends a line, no \C. Immutable,
/// shareable between threads.
class Regex {
  public:
    /// Nothing if the expression is wrong; `mistake` then says what is.
    static std::optional<Regex> compile(std::string_view expression, const RegexOptions& options,
                                        RegexMistake& mistake);
    ~Regex();
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;

  private:
    friend class RegexSearch;
    struct Code;
    explicit Regex(std::unique_ptr<const Code> code);
    std::unique_ptr<const Code> code_;
};

/// What one search may take; 0: what PCRE2 grants.
struct RegexLimits {
    std::uint32_t heap_kib = 0;  // places to come back to, where they are not on JIT's stack
    std::uint32_t steps = 0;     // begins anew at each place of the text, and one step may walk all of it
    // Where a place takes more: so many steps for each byte of the text, as long as all such places together, and all
    // searches in texts of more than 64 KiB, take no more than these seconds.
    std::uint32_t steps_per_byte = 0;
    Seconds seconds{};
    std::int64_t items = 0;     // of the expression that are tried, over all places
    std::size_t jit_stack = 0;  // bytes, if PCRE2's 32 KiB are too few
};

/// Searches texts for an expression, which must stay alive; one for each thread.
class RegexSearch {
  public:
    enum class Result : std::uint8_t { found, not_found, gave_up };
    struct Group {
        std::size_t begin, end;  // in the text; \K inside a lookahead can put the beginning behind the end
    };

    RegexSearch(const Regex& regex, const RegexLimits& limits);
    ~RegexSearch();

    /// The first match at or behind `from`. Without RegexOptions::any_bytes the text must be UTF-8.
    Result find(std::string_view text, std::size_t from);
    /// Of what was found: all of it.
    Group match() const;
    /// Of what was found: the first group in parentheses that took part, if any.
    std::optional<Group> first_group() const;
    /// Why it gave up, in PCRE2's words.
    std::string reason() const;

  private:
    struct Memory;
    int run(std::string_view text, std::size_t from);
    int run_timed(std::string_view text, std::size_t from);
    int find_long(std::string_view text, std::size_t from);

    const Regex::Code* code_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace ergon::base
