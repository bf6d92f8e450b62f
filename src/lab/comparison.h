#pragma once
// From answers to findings: what each contender took, and what the ratio of two is made of. A pure function of the
// answers.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "energy/figure.h"
#include "lab/statistics/factors.h"
#include "lab/statistics/pairing.h"
#include "lab/statistics/sample.h"
#include "lab/store/contender_details.h"
#include "lab/store/results.h"
#include "lab/store/run_details.h"

namespace ergon::lab {

/// What answers took, by what it is divided by. Nothing unless the joules of all of them are known; ends that nothing
/// is known about are 0 and infinite.
struct AnswerFigures {
    std::optional<energy::Figure> joules_per_token;   // generated joules / generated tokens
    std::optional<energy::Figure> joules_per_answer;  // all joules / answers
    std::array<std::optional<energy::Figure>, energy::kept_phase_count> phase_joules_per_answer;
    std::optional<energy::Figure> joules_per_1000_words;  // all joules
    std::optional<energy::Figure> joules_per_1000_characters;
    std::optional<energy::Figure> joules_per_correct;  // joules of graded answers / right ones
};

/// One contender over some answers: all of them, or those of a category. Its figures are those of prompts like these.
struct AnswerSummary : AnswerFigures {
    std::int64_t answers = 0;
    std::int64_t prompts = 0;
    std::int64_t capped = 0;             // answers cut off by a token limit
    std::int64_t metered = 0;            // answers whose joules are known
    std::int64_t counted_in_chunks = 0;  // whose tokens are the events of the stream: the server told no number
    std::int64_t in_one_piece = 0;       // of which joules by phase are not known, only their sum
    std::array<std::int64_t, energy::kept_phase_count> tokens{};
    std::array<energy::Figure, energy::kept_phase_count> phase_joules{};
    energy::Figure joules;   // all phases
    std::int64_t words = 0;  // of the answers, thoughts excluded
    std::int64_t characters = 0;
    base::Seconds seconds{};
    std::int64_t graded = 0;                     // prompts that have a right answer
    double right = 0;                            // of them; repeats count by their share
    std::optional<ConfidenceInterval> accuracy;  // Wilson, of prompts
    AnswerFigures of_these;                      // what these very prompts took: without the drawing of prompts
    /// Where the intervals of the figures come from.
    std::array<double, uncertainty_count> joules_per_token_shares{}, joules_per_answer_shares{};
    AnswerMeasures measures;  // sums over the answers
};

struct ContenderSummary : AnswerSummary {
    std::string label;
    std::string hash;  // of the model's files
    ContenderDetails details;
    bool reasons = false;                          // thinking tokens or think markers were seen
    bool assumed = false;                          // its joules are an assumption times its tokens
    std::int64_t failed = 0;                       // answers that could not be had
    std::string failed_because;                    // of the last of them
    std::map<std::string, std::int64_t> left_out;  // fields of a request that a server refused: in how many answers
    std::map<std::string, AnswerSummary> categories;
};

/// Who is right more often, on one answer for each prompt (the first).
struct AccuracyDifference {
    std::int64_t prompts = 0;       // that both answered and that have a right answer
    ConfidenceInterval difference;  // share right of b less that of a, over all repeats
    std::int64_t only_a = 0;        // right with a alone
    std::int64_t only_b = 0;
    double p_value = 1;            // McNemar's
    double corrected_p_value = 1;  // Holm, over all pairs
};

struct PairSummary : RatioSummary {
    std::size_t a = 0;
    std::size_t b = 0;
    double p_value = 1;              // that joules could as well be exchanged within each prompt
    double corrected_p_value = 1;    // Holm, over all pairs
    bool assumed = false;            // joules of one of them are an assumption times its tokens: no evidence on joules
    std::int64_t factors_apart = 0;  // factors of a design in whose levels they differ
    double capped_share = 0;         // of the prompts, those where either's answer was cut off
    RatioSummary uncapped;           // over the prompts where neither was; no prompts if there are none such
    std::optional<AccuracyDifference> accuracy;
    std::map<std::string, RatioSummary> categories;  // where there are several
    std::string no_ratio;   // why there is none of joules, as the end of a sentence; empty where there is
    std::string no_phases;  // why none is known of joules by phase

    /// The one criterion of a claim: the interval leaves 1 out, and the corrected p-value is at most 5%.
    bool differs() const { return excludes_one(energy_ratio) && corrected_p_value <= 0.05; }
};

/// What each contender took for one prompt, on average over its repeats.
struct PromptSummary {
    std::string id;
    std::vector<std::optional<double>> joules;  // by contender; nothing where they are not known
};

/// Assumed: a difference of less than this changes nobody's choice.
inline constexpr double default_margin = 0.05;

struct Comparison {
    std::vector<ContenderSummary> contenders;
    std::vector<PromptSummary> prompts;  // by id
    std::vector<PairSummary> pairs;      // every pair that shares a prompt, the earlier contender as a
    std::vector<Factor> factors;         // of a design, if there is one
    std::vector<Effect> effects;         // of those factors
    std::int64_t sessions = 1;           // of one the intervals know nothing but itself
    double kind_of_work = 0;             // the relative standard deviation of watts that is in the intervals
    double margin = default_margin;      // ratios that surely differ by less are equal
    std::int64_t failed_prompts = 0;     // that somebody failed at: in no figure that compares contenders
    std::vector<Shard> parts;            // of the experiment, that the answers are of; none: all of it
};

/// Takes answers one by one and keeps sums per contender and prompt.
class ComparisonBuilder {
  public:
    /// `kind_of_work`: relative standard deviation of the watts of a busy thread between kinds of work.
    explicit ComparisonBuilder(const std::vector<Contender>& contenders,
                               double kind_of_work = energy::assumed_kind_of_work_sd);
    /// Throws Error(bad_argument) if the answer's contender is not among them.
    void add(const Answer& answer);
    /// Whatever others answered to its prompt is compared with nothing. Throws as `add`.
    void add_failure(const Failure& failure);
    /// Intervals of what prompts, sessions and the machine leave uncertain (uncertainty.h): coefficients of the machine
    /// that contenders share cancel as far as they do, what each has for itself does not.
    /// `factors` make a design of the contenders (factors.h, which says what is refused).
    Comparison finish(std::uint64_t seed = 0, std::span<const Factor> factors = {}) const;

  private:
    using PromptSums = std::map<std::string, PromptSessions>;  // by the prompt's id

    ContenderSummary& summary_of(std::int64_t contender, const std::string& prompt);
    void finish_summary(AnswerSummary& summary, std::size_t contender, const std::string* category,
                        std::uint64_t seed) const;
    void correct_p_values(Comparison& comparison) const;
    std::vector<PromptSummary> prompt_summaries() const;
    std::vector<Effect> design_effects(std::span<const Factor> factors, std::uint64_t seed) const;
    PairSummary compare(std::size_t a, std::size_t b, std::uint64_t seed) const;

    std::vector<ContenderSummary> contenders_;
    std::vector<PromptSums> prompts_;                // by contender
    std::map<std::string, std::string> categories_;  // of the prompts
    std::set<std::string> failed_prompts_;
    MachineErrors errors_;
    double kind_of_work_;
    std::int64_t sessions_ = 1;
};

}  // namespace ergon::lab
