#pragma once
// The protocol of an experiment, step by step; each answer is kept as it comes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/experiment/backend.h"
#include "lab/experiment/judge.h"
#include "lab/experiment/run_hold.h"
#include "lab/experiment/schedule.h"
#include "lab/statistics/factors.h"
#include "lab/store/results.h"
#include "lab/store/run_details.h"
#include "tasks/prompt_set.h"

namespace ergon::lab {

// Assumed: so long may pass again unasked, to learn how much sessions differ.
inline constexpr base::Seconds short_session{15};
inline constexpr std::int64_t sessions_if_short = 3;

struct ExperimentOptions {
    RunSettings settings;            // what is common to all contenders; those of the experiment itself are filled in
    nlohmann::ordered_json machine;  // energy::Meter::machine()
    std::string version;             // of ergon
    std::uint64_t seed = 0;
    std::int64_t repeats = 1;
    /// Nothing: three where the answers of the first take less than `short_session`, else one.
    std::optional<std::int64_t> sessions;
    /// Opens the contenders anew (models, threads), for each session after the first. What was opened before is not
    /// used any more. None: the same answer in all sessions.
    std::function<std::span<const std::unique_ptr<Backend>>()> reopen;
    Shard shard;
    Resume resume = Resume::if_any;
    base::Seconds idle{5};       // length of the idle baseline before and after; 0: none
    energy::MeterOptions meter;  // where the baseline is read
    /// More failed answers in one start end the run; nothing: a twentieth of the answers, five at least.
    std::optional<std::int64_t> max_failures;
    Judge* judge = nullptr;       // says right or wrong instead of the graders, where a right answer is known
    std::vector<Factor> factors;  // of a design, kept with the run
};

/// An answer that has just been kept, or has failed, or what is being done before one.
struct ExperimentProgress {
    std::int64_t done = 0;  // of `all`, those of an earlier start included, and those that failed
    std::int64_t all = 0;
    std::int64_t already = 0;              // were there when it started
    const Contender* contender = nullptr;  // nothing between answers
    const Answer* answer = nullptr;
    const Failure* failure = nullptr;  // instead of an answer
    std::string doing;                 // "idle baseline"
};
using ExperimentCallback = std::function<void(const ExperimentProgress&)>;

/// Runs what the store does not hold yet and returns the run, marked as finished if it has every answer; of a run that
/// was finished before, nothing is asked and no progress heard. No other process can ask the same run meanwhile
/// (run_hold.h). Before the first answer of a session each contender gives a short one that is not kept. An answer that
/// cannot be had is kept as a failure, and tried again when the run goes on. Labels that are equal are told apart
/// (labels.h). Throws base::Error: contenders that cannot answer the short question, too many failures, a run to resume
/// that is not there, results that cannot be written.
RunId run_experiment(std::span<const std::unique_ptr<Backend>> backends, std::span<const tasks::Prompt> prompts,
                     const ExperimentOptions& options, Results& results, const ExperimentCallback& on_progress = {});

}  // namespace ergon::lab
