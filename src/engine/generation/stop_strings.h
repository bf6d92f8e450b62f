#pragma once
// Strings that end an answer, found across the borders of tokens.

#include <string>
#include <string_view>
#include <vector>

namespace ergon::engine {

/// Text goes in piece by piece; out comes what can no longer be the beginning of a stop string. The stop string that is
/// complete first ends the text (of several that end together the longest) and is never let out.
class StopStrings {
  public:
    /// Throws Error(bad_argument) if one is empty.
    explicit StopStrings(std::vector<std::string> stops);

    /// The text that is free to go; after a hit, what stood before the stop string.
    std::string push(std::string_view text);
    /// Whether a stop string was met: nothing more comes out.
    bool hit() const { return hit_; }
    /// The end of the text: what was held back.
    std::string finish();

  private:
    std::size_t free_length() const;

    std::vector<std::string> stops_;
    std::string pending_;
    bool hit_ = false;
};

}  // namespace ergon::engine
