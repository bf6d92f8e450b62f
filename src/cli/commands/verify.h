#pragma once
// What --verify does, for the commands that have it.

#include <string>

#include "lab/store/run_summary.h"

namespace ergon::cli {

/// Prints whether a run agrees with the last one of another file; if not, the program ends with exit code 1.
void verify(lab::Results& results, lab::RunId run, const lab::RunSummary& loaded, const std::string& other_file);

}  // namespace ergon::cli
