#pragma once
// The results store: every answer of a comparison, written as it comes. SQLite, one file, a versioned schema.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"
#include "energy/ledger/ledger.h"
#include "energy/ledger/work_account.h"
#include "lab/store/sqlite.h"

namespace ergon::lab {

/// What a run is, to reproduce it. Two runs with the same description and contenders are one run that was interrupted,
/// so it must hold nothing that changes from start to start (load, time).
struct RunDescription {
    nlohmann::ordered_json settings;  // these three are read by run_details.h
    std::uint64_t seed = 0;
    nlohmann::ordered_json machine;
    std::string version;  // of ergon
    nlohmann::ordered_json protocol;
};

struct Contender {
    std::string label;
    std::string model;               // path or name
    std::string hash;                // of the model's files
    nlohmann::ordered_json details;  // contender_details.h
};

struct PhaseResult {
    base::Tokens tokens{};
    base::Seconds seconds{};
    energy::Figure total;
    energy::Figure above_idle;
};

/// What was measured of an answer beside its joules; zero where nobody could.
struct AnswerMeasures {
    base::Seconds processor{};  // of this program's threads
    base::Seconds others{};     // of other programs meanwhile
    base::Seconds elapsed{};    // by the clock, while those two were counted; zero in runs of older versions
    std::array<double, energy::source_count> bytes{};
    std::array<double, energy::arithmetic_count> operations{};  // a multiply and an add count as two
    std::map<std::string, double> components;                   // joules above idle, by part of the model
    // What a judge took, which is in none of the above.
    double verdicts = 0;
    double judge_tokens = 0;
    double judge_joules = 0;
    AnswerMeasures& operator+=(const AnswerMeasures& other);
    bool operator==(const AnswerMeasures&) const = default;
};

inline constexpr std::int64_t max_sessions = 1000;

struct Answer {
    std::int64_t contender = 0;  // position among the run's contenders
    std::string prompt;          // its id in the prompt set
    std::int64_t repeat = 0;
    std::int64_t session = 0;  // models were loaded anew for each
    std::string category;      // its prompt's; read from the store, not written with the answer
    std::string text;
    std::string thinking;
    std::string finish_reason;    // "stop", "length" when a cap was hit
    std::optional<bool> right{};  // nothing if its prompt has no right answer
    bool metered = true;          // its joules are known
    std::array<PhaseResult, energy::kept_phase_count> phases;
    AnswerMeasures measures;
    nlohmann::ordered_json raw;  // counters and times behind the figures

    const PhaseResult& operator[](energy::Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
    PhaseResult& operator[](energy::Phase phase) { return phases[static_cast<std::size_t>(phase)]; }
    /// Of all phases together.
    energy::Figure joules() const {
        energy::Figure sum;
        for (const PhaseResult& phase : phases) sum += phase.total;
        return sum;
    }
};

/// An answer that could not be had: who failed on what, and the last sentence of why. Asked again, it is tried again.
struct Failure {
    std::int64_t contender = 0;
    std::string prompt;
    std::int64_t repeat = 0;
    std::int64_t session = 0;
    std::string reason;
};

/// A question as the run put it.
struct AskedPrompt {
    std::string id;
    std::string category;
    std::string text;
    std::string answer;  // the right one, where there is one
};

/// Something about the machine while a run went on: an idle baseline, a pause for its temperature.
struct MachineEvent {
    std::string kind;
    nlohmann::ordered_json details;
    std::string time;  // UTC; of the store
};

using RunId = std::int64_t;
/// Every two are compared with each other.
inline constexpr std::int64_t max_contenders = 64;

/// An open results file. A kill at any moment loses nothing but the answer that was being made.
class Results {
  public:
    /// Opens or makes the file, and brings an older schema up to date. Throws Error(bad_file) if it is no database,
    /// another program's, damaged, or of a newer ergon; Error(system) if it cannot be written, or, with Access::read,
    /// not read.
    explicit Results(const std::filesystem::path& path, Access access = Access::write);

    /// The newest run with this description and these contenders.
    std::optional<RunId> latest(const RunDescription& run, const std::vector<Contender>& contenders);
    RunId start(const RunDescription& run, const std::vector<Contender>& contenders);
    /// The run is complete: the same comparison asked for again is a new one.
    void finish(RunId run);
    /// The newest run, nothing in an empty file.
    std::optional<RunId> last_run();
    /// UTC, when it began: "2026-11-22T10:00:00Z". Empty for an unknown run.
    std::string started(RunId run);
    /// Throws Error(not_found) for an unknown run.
    RunDescription description(RunId run);
    std::vector<Contender> contenders(RunId run);

    /// On disk when it returns; a failure at this answer is forgotten. Throws Error(bad_argument) if that answer is
    /// there already or the contender is unknown.
    void add(RunId run, const Answer& answer);
    bool has(RunId run, std::int64_t contender, const std::string& prompt, std::int64_t repeat,
             std::int64_t session = 0);
    /// Of all runs, of one, of one of its sessions.
    std::int64_t answers();
    std::int64_t answers(RunId run);
    std::int64_t answers(RunId run, std::int64_t session);
    /// How long the answers of a session took, all together.
    base::Seconds answering(RunId run, std::int64_t session);
    std::optional<Answer> find(RunId run, std::int64_t contender, const std::string& prompt, std::int64_t repeat,
                               std::int64_t session = 0);
    /// Calls `visit` with each answer, by contender, prompt, repeat and session; one at a time is in memory.
    void for_each(RunId run, const std::function<void(const Answer&)>& visit);

    /// On disk when it returns; the newest reason counts. The same errors as of `add`.
    void add_failure(RunId run, const Failure& failure);
    /// Those that no answer has followed, by contender, prompt and repeat.
    std::vector<Failure> failures(RunId run);

    /// Keeps the questions; those that are there already stay.
    void add_prompts(RunId run, const std::vector<AskedPrompt>& prompts);
    /// In the order in which they were added.
    std::vector<AskedPrompt> prompts(RunId run);
    void add_machine_event(RunId run, const MachineEvent& condition);
    std::vector<MachineEvent> machine_events(RunId run);
    bool finished(RunId run);

    /// Keeps what is no answer: the factors of a design, a measurement beside the answers. One of a kind and run.
    void attach(RunId run, const std::string& kind, const nlohmann::ordered_json& content);
    std::optional<nlohmann::ordered_json> attachment(RunId run, const std::string& kind);

    /// What `work` reads and writes is one transaction, which no other process writes between; if it throws, nothing
    /// was written.
    void together(const std::function<void()>& work);

    const std::filesystem::path& path() const { return database_.path(); }

  private:
    void insert(RunId run, const Answer& answer);

    Database database_;
};

}  // namespace ergon::lab
