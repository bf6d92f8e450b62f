#pragma once
// `ergon run` without a prompt, on a terminal.

#include "cli/chat/answerer.h"

namespace ergon::cli {

/// Messages until the input ends (Ctrl-D), /exit, or Ctrl-C where a message is awaited. The exit code.
int run_chat(Answerer& answerer, const RunOptions& options);

}  // namespace ergon::cli
