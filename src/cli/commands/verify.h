#pragma once
// What --verify does, for the commands that have it.

#include <string>

#include "lab/store/run_summary.h"

namespace ergon::cli {

/// Says whether a run agrees with the last one of another file, on stderr where stdout holds data; if not, the program
/// ends with exit code 1.
void verify(lab::Results& results, lab::RunId run, const lab::RunSummary& loaded, const std::string& other_file,
            bool on_stderr);

}  // namespace ergon::cli
