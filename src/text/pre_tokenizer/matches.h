#pragma once
// From the matches of a pattern in one piece to smaller pieces, by the behaviour asked for.

#include "text/pre_tokenizer/pre_tokenizer.h"

namespace ergon::text {

class MatchCutter {
  public:
    MatchCutter(std::string_view text, SplitBehavior behavior, bool invert, PieceSink& pieces)
        : text_(text), behavior_(behavior), invert_(invert), pieces_(pieces) {}

    /// The next match, [begin, end); it begins at or after the end of the one before. An empty match is a cut.
    void match(std::size_t begin, std::size_t end) {
        add(begin, false);
        if (begin == end) flush();
        add(end, true);
    }
    /// After the last match.
    void finish() {
        add(text_.size(), false);
        flush();
    }

  private:
    // What reaches from the end of the part before to `end`.
    void add(std::size_t end, bool match);
    void flush();

    std::string_view text_;
    SplitBehavior behavior_;
    bool invert_;
    PieceSink& pieces_;
    std::size_t begin_ = 0;  // of the piece being gathered
    std::size_t end_ = 0;    // of the last part
    bool open_ = false;      // whether a piece is being gathered
    bool last_match_ = false;
};

}  // namespace ergon::text
