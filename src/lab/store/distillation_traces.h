#pragma once
// What a model said, for another to learn from: distillation by rejection sampling.

#include <cstdint>
#include <string>

#include "lab/store/results.h"

namespace ergon::lab {

struct Traces {
    std::string lines;        // JSON lines: "prompt", "thinking", "answer", "contender" and "joules"
    std::int64_t kept = 0;    // lines
    std::int64_t right = 0;   // answers that are right, also the same text again
    std::int64_t graded = 0;  // answers that they were chosen from
    energy::Figure joules;    // of all graded answers, kept or not: what the lines took to get
    bool metered = true;      // all of those joules are known
};

/// The answers of a run that are right and came to their end by themselves, each text once for a prompt.
Traces traces(Results& results, RunId run);

}  // namespace ergon::lab
