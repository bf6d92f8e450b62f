#pragma once
// An answer on its way to the reader: the answer goes to stdout, the thought to stderr.

#include "engine/generation/generation.h"

namespace ergon::cli {

/// On a terminal the thought is dim and followed by an empty line; with NO_COLOR or TERM=dumb it stands below a line
/// [thinking], and the answer below [answer]. Elsewhere it stands between the lines <think> and </think>.
class AnswerPrinter {
  public:
    AnswerPrinter();
    void operator()(const engine::TextChunk& piece);
    /// Ends open lines and gives the terminal its colours back.
    void finish();

  private:
    void open_thought();
    void close_thought();

    enum class Marks { dim, headings, tags };
    Marks marks_;
    bool thinking_ = false;
    char last_thought_ = '\n';
    char last_answer_ = '\n';
};

}  // namespace ergon::cli
