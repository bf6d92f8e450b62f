#pragma once
// What a tokenizer does to ordinary text before cutting it into pieces.

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/pre_tokenizer/regex.h"

namespace ergon::text {

class Normalizer {
  public:
    /// Unicode normalisation form C.
    struct Nfc {};
    /// Puts text in front of what is not empty.
    struct Prepend {
        std::string what;
        bool first_only = false;    // only where the whole text begins, not behind a special token
        bool unless_there = false;  // not if the text begins with it already
    };
    struct Replace {
        std::string from, to;
    };
    struct ReplaceMatches {
        std::shared_ptr<const Regex> from;
        std::string to;
    };
    using Step = std::variant<Nfc, Prepend, Replace, ReplaceMatches>;

    /// Throws Error(bad_file) if there are more steps than any published normaliser has.
    void add(Step step);
    bool empty() const { return steps_.empty(); }
    /// The normalised form of valid UTF-8 text; `first`: the whole text begins here. What does not change is not
    /// copied: the result is `text` or lies in `buffer`. Throws Error(bad_file) if the steps make many times the text.
    std::string_view apply(std::string_view text, bool first, std::string& buffer) const;

  private:
    std::vector<Step> steps_;
};

}  // namespace ergon::text
