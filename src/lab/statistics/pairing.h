#pragma once
// Two contenders side by side on the prompts that both answered.

#include <array>
#include <cstdint>
#include <vector>

#include "lab/statistics/prompt_sums.h"
#include "lab/statistics/uncertainty.h"

namespace ergon::lab {

/// b against a, over the prompts that both answered; repeats and sessions are averaged within their prompt. Ratios are
/// b over a, of totals.
struct RatioSummary {
    std::int64_t prompts = 0;
    ConfidenceInterval energy_ratio;          // joules of all phases
    ConfidenceInterval geometric_mean_ratio;  // of the prompts' energy ratios
    ConfidenceInterval tokens_ratio;          // generated tokens
    ConfidenceInterval
        joules_per_token_ratio;  // generated joules per generated token; not a number where they were assumed
    ConfidenceInterval joules_per_word_ratio;  // all joules per word of answer
    ConfidenceInterval joules_per_character_ratio;
    // Factors whose product is energy_ratio (sums of the terms below); not numbers where joules were assumed:
    ConfidenceInterval from_tokens;
    ConfidenceInterval from_joules_per_token;
    ConfidenceInterval from_prompts;
    // Terms that add up to ln(energy_ratio), by phase: from its tokens, from its joules per token.
    std::array<std::array<ConfidenceInterval, 2>, energy::kept_phase_count> terms{};
    // The same of these very prompts: without the drawing of prompts.
    ConfidenceInterval energy_ratio_of_these;
    ConfidenceInterval tokens_ratio_of_these;
    ConfidenceInterval joules_per_token_ratio_of_these;
    double corrected_p_value = 1;  // of energy_ratio among those of its family: the pair's categories (Holm)
};

/// The prompts that two contenders share; the sums are borrowed.
class Pairing {
  public:
    /// `assumed`: the joules per token of one of them, so that comparing them compares assumptions.
    Pairing(const MachineErrors& errors, std::size_t a, std::size_t b, bool assumed)
        : errors_(errors), contenders_{a, b}, assumed_(assumed) {}
    void add(const PromptSessions& a, const PromptSessions& b) { prompts_.push_back({&a, &b}); }
    std::size_t size() const { return prompts_.size(); }

    /// Everything of `RatioSummary`; not a number where a side has no joules or no tokens.
    RatioSummary ratios(std::uint64_t seed) const;
    /// Joules of each prompt, averaged over its answers.
    std::vector<double> joules(std::size_t side) const;
    /// Share right of b less that of a, over the prompts that both have graded (Newcombe).
    ConfidenceInterval accuracy_difference() const;

  private:
    const MachineErrors& errors_;
    std::array<std::size_t, 2> contenders_;
    bool assumed_;
    std::vector<SampledPrompt> prompts_;
};

}  // namespace ergon::lab
