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
#include "lab/bootstrap.h"
#include "lab/factors.h"
#include "lab/pairing.h"
#include "lab/prompt_sums.h"
#include "lab/results.h"

namespace ergon::lab {

/// One contender over some answers: all of them, or those of a category.
struct AnswerSummary {
    std::int64_t answers = 0;
    std::int64_t prompts = 0;
    std::int64_t capped = 0;   // answers cut off by a token limit
    std::int64_t metered = 0;  // answers whose joules are known
    std::array<std::int64_t, energy::kept_phase_count> tokens{};
    std::array<energy::Figure, energy::kept_phase_count> phase_joules{};
    energy::Figure joules;                            // all phases
    energy::Figure generated;                         // thinking and answer
    std::optional<energy::Figure> joules_per_token;   // generated joules / generated tokens
    std::optional<energy::Figure> joules_per_answer;  // all joules / answers
    std::int64_t words = 0;                           // of the answers, thoughts excluded
    std::int64_t characters = 0;
    std::optional<energy::Figure> joules_per_1000_words;  // all joules
    std::optional<energy::Figure> joules_per_1000_characters;
    base::Seconds seconds{};
    std::int64_t graded = 0;                     // prompts that have a right answer
    double right = 0;                            // of them; repeats count by their share
    std::optional<Estimate> accuracy;            // Wilson, of prompts
    std::optional<Estimate> joules_per_correct;  // joules of graded answers / right ones; prompts drawn
    AnswerMeasures measures;                     // sums over the answers
};

struct ContenderSummary : AnswerSummary {
    std::string label;
    std::string hash;  // of the model's files
    nlohmann::ordered_json details;
    bool reasons = false;  // thinking tokens or think markers were seen
    std::map<std::string, AnswerSummary> categories;
};

/// Who is right more often, on one answer for each prompt (the first).
struct AccuracyDifference {
    std::int64_t prompts = 0;  // that both answered and that have a right answer
    Estimate difference;       // share right of b less that of a, over all repeats
    std::int64_t only_a = 0;   // right with a alone
    std::int64_t only_b = 0;
    double p_value = 1;  // McNemar's
};

struct PairSummary : RatioSummary {
    std::size_t a = 0;
    std::size_t b = 0;
    double p_value = 1;              // that joules could as well be exchanged within each prompt
    double corrected_p_value = 1;    // Holm, over all pairs
    std::int64_t factors_apart = 0;  // factors of a design in whose levels they differ
    double capped_share = 0;         // of the prompts, those where either's answer was cut off
    RatioSummary uncapped;           // over the prompts where neither was; no prompts if there are none such
    std::optional<AccuracyDifference> accuracy;
    std::map<std::string, RatioSummary> categories;  // where there are several

    /// The one criterion of a claim: the interval leaves 1 out, and the corrected p-value is at most 5%.
    bool differs() const { return excludes_one(energy_ratio) && corrected_p_value <= 0.05; }
};

/// What each contender took for one prompt, on average over its repeats.
struct PromptSummary {
    std::string id;
    std::vector<std::optional<double>> joules;  // by contender; nothing where they are not known
};

struct Comparison {
    std::vector<ContenderSummary> contenders;
    std::vector<PromptSummary> prompts;  // by id
    std::vector<PairSummary> pairs;      // every pair that shares a prompt, the earlier contender as a
    std::vector<Effect> effects;         // of the factors of a design, if there is one
};

/// Takes answers one by one and keeps sums per contender and prompt.
class ComparisonBuilder {
  public:
    explicit ComparisonBuilder(const std::vector<Contender>& contenders);
    /// Throws Error(bad_argument) if the answer's contender is not among them.
    void add(const Answer& answer);
    /// Intervals by BCa over prompts. What comes from the machine's estimate is drawn as well, once per replicate for
    /// both contenders: coefficients that both share cancel as far as they do.
    /// `factors` make a design of the contenders (factors.h, which says what is refused).
    Comparison finish(const BootstrapOptions& options = {}, std::span<const Factor> factors = {}) const;

  private:
    using PromptSums = std::map<std::string, PromptSum>;  // by the prompt's id

    void finish_summary(AnswerSummary& summary, const PromptSums& prompts, const std::string* category,
                        const BootstrapOptions& options) const;
    std::vector<PromptSummary> prompt_summaries() const;
    std::vector<Effect> design_effects(std::span<const Factor> factors, const BootstrapOptions& options) const;
    PairSummary compare(std::size_t a, std::size_t b, const BootstrapOptions& options) const;

    std::vector<ContenderSummary> contenders_;
    std::vector<PromptSums> prompts_;                // by contender
    std::map<std::string, std::string> categories_;  // of the prompts
    MachineSpread spread_;
};

}  // namespace ergon::lab
