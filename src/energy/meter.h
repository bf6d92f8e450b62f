#pragma once
// What the engine and the commands use: requests begin, take part in steps, end, and learn what they cost.
//
//   Meter meter;
//   const RequestId id = meter.begin_request();
//   const base::Nanoseconds begin = base::now();
//   ... one step of the model fills `account` ...
//   meter.step({{{id, Phase::prompt, 12}}}, begin, account);
//   const RequestFigures cost = meter.end_request(id);

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "base/units.h"
#include "energy/figure.h"
#include "energy/ledger/ledger.h"
#include "energy/ledger/request_figures.h"
#include "energy/ledger/work_account.h"
#include "energy/machine/machine_reader.h"

namespace ergon::energy {

/// Joules of no request since the meter began to read, up to the last reading that is settled.
struct CommonFigures {
    base::Joules idle{};
    base::Joules program{};
    base::Joules others{};
    base::Joules devices{};  // that the engine does not use, such as cards at rest; no part of the others
};

/// Since the meter began to read, up to the last reading that is settled: `counter` is the sum of all the others.
struct MeterTotals {
    base::Nanojoules counter{};
    base::Nanojoules requests{};  // that have ended, and that run
    base::Nanojoules idle{};      // while no request ran
    base::Nanojoules program{};   // work of no request, such as loading a model
    base::Nanojoules others{};    // other programs
};

/// Reads the machine's counter (or its estimate) and keeps the ledger. Every call may come from any thread.
class Meter {
  public:
    /// Finds the counters; nothing runs until a request begins. `accounted`: steps tell what bytes and operations they
    /// take (see MachineReader).
    explicit Meter(const MeterOptions& options = {}, bool accounted = true);
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
    /// Forces a reading, and waits for a counter that has not moved yet, as long as the options bear. Throws
    /// Error(bad_argument) if the request does not run. Cancelled requests end here as well.
    RequestFigures end_request(RequestId request);

    /// Forces a reading: what a request that runs was charged up to now. Throws Error(bad_argument) if it is not known.
    RequestFigures so_far(RequestId request);

    CommonFigures common() const;
    MeterTotals totals() const;
    /// What other programs took since the first request began, up to the last reading that is settled.
    Figure others() const;
    /// What reading counters and keeping the ledger took since the first request began.
    Overhead overhead() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ergon::energy
