#pragma once
// What statistics of a comparison are computed from: a row for each prompt, and the sums of each session.

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "lab/statistics/prompt_sums.h"
#include "lab/statistics/rows.h"

namespace ergon::lab {

/// Not a number where there is nothing to divide by.
inline double over(double amount, double by) {
    return by > 0 ? amount / by : std::numeric_limits<double>::quiet_NaN();
}

struct Sample {
    Rows rows;                                  // a row for each prompt: means over repeats and sessions
    std::vector<std::vector<double>> sessions;  // the sums of rows of each session, where there are several
    std::vector<std::size_t> contenders;        // who is in a row
    std::vector<double> totals() const;
};

/// A prompt as the sample's contenders answered it; borrowed.
using SampledPrompt = std::vector<const PromptSessions*>;
/// Writes a row: what one answer of each contender to the prompt took, on average.
using PutRow = std::function<void(std::span<const PromptSum* const> contenders, std::span<double> row)>;

/// Sessions count where all prompts were answered in all of them.
Sample sample_of(std::span<const SampledPrompt> prompts, std::vector<std::size_t> contenders, std::size_t columns,
                 const PutRow& put_row);

}  // namespace ergon::lab
