#pragma once
// The results store: every answer of a comparison, written as it comes. SQLite, one file, a versioned schema.

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"
#include "energy/ledger.h"
#include "lab/sqlite.h"

namespace ergon::lab {

/// What a run is, to reproduce it. Two runs with the same description and contenders are one run that was interrupted,
/// so it must hold nothing that changes from start to start (load, time).
struct RunDescription {
    nlohmann::ordered_json settings;  // caps, sampling, prompt set, repeats, ...
    std::uint64_t seed = 0;
    nlohmann::ordered_json machine;
    std::string version;              // of ergon
    nlohmann::ordered_json protocol;  // how the run was done
};

struct Contender {
    std::string label;
    std::string model;  // path or name
    std::string hash;   // of the model's files
    nlohmann::ordered_json details;
};

struct PhaseResult {
    base::Tokens tokens{};
    base::Seconds seconds{};
    energy::Figure total;
    energy::Figure above_idle;
};

struct Answer {
    std::int64_t contender = 0;  // position among the run's contenders
    std::string prompt;          // its id in the prompt set
    std::int64_t repeat = 0;
    std::string text;
    std::string thinking;
    std::string finish_reason;  // "stop", "length" when a cap was hit
    std::array<PhaseResult, energy::kept_phase_count> phases;
    nlohmann::ordered_json raw;  // counters and times behind the figures

    const PhaseResult& operator[](energy::Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
    PhaseResult& operator[](energy::Phase phase) { return phases[static_cast<std::size_t>(phase)]; }
};

using RunId = std::int64_t;

/// (contender, prompt, repeat)
using AnswerKey = std::tuple<std::int64_t, std::string, std::int64_t>;

/// An open results file. A kill at any moment loses nothing but the answer that was being made.
class Results {
  public:
    /// Opens or makes the file, and brings an older schema up to date. Throws Error(bad_file) if it is no database,
    /// another program's, damaged, or of a newer ergon; Error(system) if it cannot be written.
    explicit Results(const std::filesystem::path& path);

    /// The last run with this description and these contenders that was not finished; a new one if there is none.
    RunId start_or_resume(const RunDescription& run, const std::vector<Contender>& contenders);
    /// The run is complete: the same comparison asked for again is a new one.
    void finish(RunId run);
    /// The newest run, nothing in an empty file.
    std::optional<RunId> last_run();
    /// Throws Error(not_found) for an unknown run.
    RunDescription description(RunId run);
    std::vector<Contender> contenders(RunId run);

    /// On disk when it returns. Throws Error(bad_argument) if that answer is there already or the contender is unknown.
    void add(RunId run, const Answer& answer);
    /// The answers that are there.
    std::set<AnswerKey> present(RunId run);
    /// Calls `visit` with each answer, by contender, prompt and repeat; one at a time is in memory.
    void for_each(RunId run, const std::function<void(const Answer&)>& visit);

    const std::filesystem::path& path() const { return database_.path(); }

  private:
    Database database_;
};

}  // namespace ergon::lab
