#pragma once
// What the engine and the commands use: requests begin, take part in steps, end, and learn what they cost.
//
//   Meter meter;
//   const RequestId id = meter.begin_request();
//   const base::Nanoseconds begin = base::now();
//   ... one step of the model fills `account` ...
//   meter.step({{{id, Phase::prompt, 12}}}, begin, account);
//   const RequestFigures cost = meter.end_request(id);

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "base/units.h"
#include "energy/figure.h"
#include "energy/ledger.h"
#include "energy/work_account.h"

namespace ergon::energy {

struct MeterOptions {
    std::filesystem::path sysfs = "/sys";
    std::filesystem::path procfs = "/proc";
    base::Nanoseconds interval{100'000'000};  // between readings while nothing forces one
};

/// What one phase of a request cost.
struct PhaseFigures {
    Figure total;       // work and a share of idle power
    Figure above_idle;  // work alone
    base::Seconds seconds{};
    base::Tokens tokens{};
    std::map<ComponentId, Figure> components;  // add up to above_idle
};

/// What a request cost, and the readings behind it.
struct RequestFigures {
    std::array<PhaseFigures, phase_count> phases;
    Figure
        total;  // `measured` if the request ran alone over whole readings, also where its phases had to be apportioned
    Figure above_idle;
    base::Seconds seconds{};
    RequestAccount account;  // the ledger's integers

    const PhaseFigures& operator[](Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
};

/// Joules of no request since the meter began to read, up to the last reading that is settled.
struct CommonFigures {
    base::Joules idle{};
    base::Joules program{};
    base::Joules others{};
};

/// Reads the machine's counter (or its estimate) and keeps the ledger. Every call may come from any thread.
class Meter {
  public:
    /// Finds the counters; nothing runs until a request begins.
    explicit Meter(const MeterOptions& options = {});
    ~Meter();
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    /// One sentence: where the joules come from and how sure they are.
    const std::string& describe() const;
    /// The best method that figures of this machine can have.
    Method method() const;
    /// What stays the same about this machine: processor, threads, where joules come from.
    nlohmann::ordered_json machine() const;

    /// Forces a reading. Throws Error(system) if the thread that reads cannot be started.
    RequestId begin_request();
    /// A step that began at `begin` (base::now()) has just ended. Requests that have ended meanwhile may be among the
    /// participants.
    void step(std::span<const Participant> participants, base::Nanoseconds begin, const WorkAccount& account);
    /// Forces a reading. Worth calling when a phase ends: phases whose ends are readings are not split by the account.
    void mark();
    /// Forces a reading. Throws Error(bad_argument) if the request does not run. Cancelled requests end here as well.
    RequestFigures end_request(RequestId request);

    CommonFigures common() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// {"value": ..., ...} per phase and in all: {"prompt": {"total": figure, "above_idle": figure}, ..., "total": ...,
/// "above_idle": ...}
nlohmann::ordered_json energy_json(const RequestFigures& figures);
/// The readings behind the figures, in the units of the counters: for those who want to recompute.
nlohmann::ordered_json raw_json(const RequestFigures& figures);

}  // namespace ergon::energy
