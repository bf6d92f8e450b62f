#pragma once
// From answers to findings: what each contender took, and what the ratio of two is made of. A pure function of the
// answers.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "energy/figure.h"
#include "lab/results.h"
#include "lab/statistics.h"

namespace ergon::lab {

/// One contender, over all of its answers.
struct ContenderSummary {
    std::string label;
    std::int64_t answers = 0;
    std::int64_t capped = 0;  // answers cut off by a token limit
    bool reasons = false;     // thinking tokens or think markers were seen
    std::array<std::int64_t, energy::kept_phase_count> tokens{};
    std::array<energy::Figure, energy::kept_phase_count> phase_joules{};
    energy::Figure joules;                            // all phases
    energy::Figure generated;                         // thinking and answer
    std::optional<energy::Figure> joules_per_token;   // generated joules / generated tokens
    std::optional<energy::Figure> joules_per_answer;  // all joules / answers
};

/// b against a, over the prompts that both answered; repeats are averaged within their prompt. Ratios are b over a, of
/// totals.
struct PairSummary {
    std::size_t a = 0;
    std::size_t b = 0;
    std::int64_t prompts = 0;
    Estimate energy_ratio;            // joules of all phases
    Estimate tokens_ratio;            // generated tokens
    Estimate joules_per_token_ratio;  // generated joules per generated token
    // Factors whose product is energy_ratio (sums of the terms below):
    Estimate from_tokens;
    Estimate from_joules_per_token;
    Estimate from_prompts;
    // Terms that add up to ln(energy_ratio), by phase: from its tokens, from its joules per token.
    std::array<std::array<Estimate, 2>, energy::kept_phase_count> terms{};
};

struct Comparison {
    std::vector<ContenderSummary> contenders;
    std::vector<PairSummary> pairs;  // every pair that shares a prompt, the earlier contender as a
};

/// Takes answers one by one and keeps sums per contender and prompt.
class ComparisonBuilder {
  public:
    explicit ComparisonBuilder(const std::vector<Contender>& contenders);
    /// Throws Error(bad_argument) if the answer's contender is not among them.
    void add(const Answer& answer);
    /// Intervals by BCa over prompts. What comes from the machine's estimate is drawn as well, once per replicate for
    /// both contenders: coefficients that both share cancel as far as they do.
    Comparison finish(const BootstrapOptions& options = {}) const;

  private:
    /// What one phase took over the repeats of a prompt. Estimated joules apart by the coefficient that they hang on.
    struct PhaseSum {
        double tokens = 0;
        double counted = 0;
        double idle_estimated = 0;
        double active_estimated = 0;
    };
    struct PromptSum {
        std::int64_t repeats = 0;
        std::array<PhaseSum, energy::kept_phase_count> phases{};
    };
    /// Sums of the estimated figures and the ends of their intervals: how far the machine's coefficients may be off.
    struct Spread {
        double value = 0;
        double low = 0;
        double high = 0;
    };
    struct Pairing;
    PairSummary compare(std::size_t a, std::size_t b, const BootstrapOptions& options) const;

    std::vector<ContenderSummary> contenders_;
    std::vector<std::map<std::string, PromptSum>> prompts_;  // by contender
    Spread idle_;
    Spread active_;
};

}  // namespace ergon::lab
