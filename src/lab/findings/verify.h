#pragma once
// Does a rerun elsewhere agree? Answers to the bit, ratios within the interval of their difference; absolute joules are
// shown, not judged.

#include <cstdint>
#include <string>
#include <vector>

#include "lab/comparison.h"
#include "lab/store/results.h"

namespace ergon::lab {

struct RatioAgreement {
    std::string what;  // "beta over alpha, joules per answer"
    ConfidenceInterval here;
    ConfidenceInterval there;
    bool agrees = false;  // their difference, in logarithms, is within both reaches in quadrature
};

struct Agreement {
    std::int64_t compared = 0;                // answers of models in this process that both runs hold
    std::int64_t equal = 0;                   // with the same text, thought and numbers of tokens
    std::vector<std::string> differing;       // the first few, in words
    std::vector<std::string> not_comparable;  // contenders, and why
    std::vector<RatioAgreement> ratios;

    /// Everything that could be compared agrees, and something could.
    bool agrees() const;
};

/// Where every answer repeated to the bit, what the prompts leave uncertain is the same in both runs and is left out.
Agreement compare_runs(Results& here, RunId run_here, Results& there, RunId run_there);

/// In words, for a terminal.
std::string agreement_text(const Agreement& agreement, const Comparison& here, const Comparison& there);

}  // namespace ergon::lab
