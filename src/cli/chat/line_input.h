#pragma once
// Messages typed on a terminal.

#include <memory>
#include <optional>
#include <string>

#include "cli/terminal/run_interrupt.h"

namespace ergon::cli {

class LineInput {
  public:
    virtual ~LineInput() = default;
    /// Shows "> " and waits. Nothing at the end of the input, or after an ending signal.
    virtual std::optional<std::string> next(const InterruptFlag& interrupt) = 0;
};

/// Lines as the terminal gives them: for TERM=dumb and where stderr is elsewhere.
std::unique_ptr<LineInput> plain_lines();

/// Lines that can be edited, with the messages of this chat as history (libedit). A pasted block is one message
/// (bracketed paste). Ctrl-C drops what is half typed, and ends at an empty line. Nothing is kept on disk.
std::unique_ptr<LineInput> edited_lines();

/// Whether stdin and stderr are a terminal on which a line can be edited.
bool can_edit_lines();

}  // namespace ergon::cli
