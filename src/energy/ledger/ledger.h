#pragma once
// The ledger splits the joules of each counter interval over what ran in it. Integers in nanojoules: the parts add up
// to the counter exactly, whatever ran, however it overlapped.

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/phase.h"
#include "base/units.h"
#include "energy/counters/missing_energy.h"
#include "energy/ledger/largest_remainder.h"
#include "energy/ledger/work_account.h"

namespace ergon::energy {

// The engine says what phase a request is in; energy knows no texts.
using base::kept_phase_count;
using base::Phase;
using base::phase_count;
using base::phase_names;

using RequestId = std::uint64_t;

/// The component of work of this program that no operation recorded: sampling, text, scheduling, waiting workers that
/// spin.
inline constexpr ComponentId everything_else = std::numeric_limits<ComponentId>::max();

/// One request's part in a step.
struct Participant {
    RequestId request = 0;
    Phase phase = Phase::prompt;
    std::int64_t tokens = 0;
};

/// One step of the engine: who took part, and what each operation took.
struct Step {
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    std::vector<Participant> participants;
    std::vector<Work> records;
    std::vector<User> users{};  // of the records
};

/// What the machine took between two readings, from a counter or from the estimate that takes its place.
struct Interval {
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    base::Nanojoules energy{};         // in all, >= 0
    base::Nanojoules idle{};           // of which idle power x time, <= energy
    base::Nanoseconds program_busy{};  // processor time of this program
    base::Nanoseconds others_busy{};   // processor time of all other programs
    bool counted = false;              // by a counter
    base::Nanojoules beside{};         // the part of `idle` that a counter saw although the rest is estimated: cards
    Missing missing{};                 // the part of a counted `energy` that stands for what no counter told of
    base::Nanojoules devices{};        // not in `energy`: devices that this program does not use
    base::Nanoseconds others_less{};   // other programs may have taken so much less, or more, than `others_busy`
    base::Nanoseconds others_more{};
};

/// What a joule was spent on, within a phase of a request.
struct Cell {
    ComponentId component = 0;
    std::int32_t layer = -1;   // of an expert, else -1
    std::int32_t expert = -1;  // -1: not an expert's work
    auto operator<=>(const Cell&) const = default;
};

/// What one phase of one request was charged.
struct Charge {
    base::Nanojoules active{};            // its work; the sum of `cells`
    base::Nanojoules idle{};              // its share of idle power
    base::Nanojoules active_estimated{};  // the parts of both that no counter saw
    base::Nanojoules idle_estimated{};
    base::Nanojoules shared{};       // the part of both from counted intervals in which something else ran too
    Missing missing{};               // the part of both that stands for what no counter told of in counted intervals
    base::Nanojoules others_more{};  // the part of `active` that may be other programs' after all
    base::Nanojoules others_less{};  // what was given to them and may be this one's
    base::Nanoseconds time{};        // wall time
    std::int64_t tokens = 0;
    std::map<Cell, base::Nanojoules> cells;
};

/// What one request was charged, and what that rests on.
struct RequestAccount {
    std::array<Charge, phase_count> phases;
    base::Nanojoules
        shared{};  // as in Charge, but an interval shared only among the request's own phases is not shared here
    // Sums over the intervals that the request touched, whole:
    base::Nanojoules machine{};
    base::Nanojoules devices{};  // that this program does not use: in no figure of the request
    base::Nanoseconds program_busy{};
    base::Nanoseconds others_busy{};
    base::Nanoseconds elapsed{};  // by the clock
    std::int64_t intervals = 0;
    std::int64_t estimated_intervals = 0;
};

/// Joules of no request.
struct CommonAccounts {
    base::Nanojoules idle{};     // idle power while no request ran, and what nobody's work explains
    base::Nanojoules program{};  // work of this program that no running request caused, such as loading a model
    base::Nanojoules others{};   // other programs
    base::Nanojoules devices{};  // idle of devices that this program does not use; in no interval's energy
    base::Nanojoules others_estimated{};  // the part of theirs that no counter saw
};

/// What work costs beyond the time of its workers, as far as a calibration knows it; without one, nothing.
struct WorkCost {
    base::Watts active{};  // of a busy hardware thread
    std::array<double, source_count> joules_per_byte{};
    std::array<double, arithmetic_count> joules_per_operation{};
    /// Weights and cache of a step that are no more than this come from the last cache, not from memory; of more, so
    /// much still does.
    base::Bytes cached{};
    double joules_per_cached_byte = 0;
};

/// The rule, interval by interval:
///   energy = idle + dynamic, dynamic = active + remainder. The remainder is what exceeds active power x busy time, at
///   most what bytes and operations are known to cost (WorkCost). Active is split by processor time between other
///   programs, this program's recorded work and its unrecorded work; recorded work over operations by their workers'
///   time (an operation that straddles intervals counts in each for its part of the time). The remainder goes to
///   operations by the cost of their bytes and operations. Each operation is split over its users by their amounts;
///   where none are named, over its step's participants by their tokens. Unrecorded work and idle are split over time,
///   and at each moment equally over the requests then running.
/// An interval without a counter costs what its estimate says and its recorded work by WorkCost on top.
/// An operation reported after its time was settled counts in the next interval. Calls from one thread at a time.
class Ledger {
  public:
    explicit Ledger(const WorkCost& cost = {}) : cost_(cost) {}

    /// Throws Error(bad_argument) if the request is known already.
    void begin_request(RequestId request, base::Nanoseconds time);
    /// The request's time is over. Throws Error(bad_argument) if the request does not run.
    void end_request(RequestId request, base::Nanoseconds time);
    /// A step that has ended. Work for requests that have left the ledger goes to the program's account.
    void add_step(Step step);
    /// The next interval. Throws Error(bad_argument) unless it begins where the last one ended and its amounts make
    /// sense.
    void add_interval(const Interval& interval);
    /// Splits the intervals that ended by `until`; all steps begun before should have been added.
    void settle(base::Nanoseconds until);
    /// The account of a request that has ended, once all intervals that it touches are settled; it then leaves the
    /// ledger.
    std::optional<RequestAccount> take(RequestId request);

    /// What a request that has not left was charged so far. Throws Error(bad_argument) if it is not known.
    const RequestAccount& so_far(RequestId request) const;

    bool any_running() const { return running_ > 0; }
    /// Records of work that wait for their interval.
    std::size_t waiting_records() const { return waiting_records_; }
    const CommonAccounts& common() const { return common_; }
    /// What all requests were charged, those that have left and those that have not. Takes time linear in the latter.
    base::Nanojoules charged() const;
    /// Sum of all settled intervals: equals the sum of all parts handed out or still held.
    base::Nanojoules settled() const { return settled_; }

  private:
    struct Request {
        base::Nanoseconds begin{};
        std::optional<base::Nanoseconds> end;
        std::vector<std::pair<base::Nanoseconds, Phase>> phases;  // since when it has been in which, ascending
        RequestAccount account;
    };
    struct PendingStep {
        Step step;
        base::Nanoseconds settled_until{};  // work before this has been charged
        double from_memory = 1;             // the part of its weights and cache that caches do not hold
    };
    class Settlement;

    WorkCost cost_;
    std::map<RequestId, Request> requests_;
    std::deque<PendingStep> steps_;
    std::deque<Interval> intervals_;
    CommonAccounts common_;
    base::Nanojoules settled_{};
    base::Nanojoules taken_{};  // by requests that have left
    base::Nanoseconds settled_until_{std::numeric_limits<std::int64_t>::min()};
    std::optional<base::Nanoseconds> last_end_;
    int running_ = 0;
    std::size_t waiting_records_ = 0;
};

}  // namespace ergon::energy
