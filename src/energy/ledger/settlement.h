#pragma once
// The split of one interval of the ledger: its joules over idle, other programs, and the requests' phases and
// components.

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "energy/ledger/ledger.h"

namespace ergon::energy {

/// The part of a step's weights and cache that comes from memory: each is read once, one after the other, and what
/// caches hold of them is used again in the next step.
double part_from_memory(std::span<const Work> records, base::Bytes cached);

/// See the rule at Ledger.
class Ledger::Settlement {
  public:
    Settlement(Ledger& ledger, const Interval& interval) : ledger_(ledger), interval_(interval) {}

    void run();
    const Interval& interval() const { return interval_; }

  private:
    enum class Kind { active, idle, beside };

    /// A stretch of time in which the same requests run in the same phases.
    struct Segment {
        std::int64_t duration = 0;
        std::vector<std::pair<Request*, Phase>> running;
    };
    /// Work of one cell and of the same users, within one step.
    struct RecordedWork {
        const Step* step = nullptr;
        Cell cell;
        std::span<const User> users;
        std::int64_t busy = 0;
        std::int64_t cost = 0;
    };

    /// How much more or less of what was split by processor time may be this program's, as that of others is not known
    /// to the nanosecond. An estimate charges each by its own time, whatever others took.
    void find_doubt(const std::array<std::int64_t, 3>& busy);
    void find_segments();
    static Phase phase_at(const Request& request, base::Nanoseconds time);
    void find_work();
    static std::span<const User> users_of(const Step& step, const Work& work);
    void charge_work(std::int64_t energy, std::int64_t RecordedWork::*key);
    void charge_users(const RecordedWork& work, std::int64_t energy);

    /// Spreads energy over the interval's time, and at each moment equally over the requests running then.
    void charge_running(std::int64_t energy, Kind kind);
    void charge(Request* request, Phase phase, const Cell& cell, Kind kind, std::int64_t energy);

    /// The part of `energy` that stands for what no counter told of; rounded down: it is only for an interval's width.
    Missing missing_part(std::int64_t energy) const;
    std::array<base::Nanojoules, phase_count>& touch(Request* request);

    /// Notes what each request's charges of this interval rest on.
    void close();

    struct Touched {
        Request* request = nullptr;
        std::array<base::Nanojoules, phase_count> charged{};  // in this interval
    };

    Ledger& ledger_;
    Interval interval_;
    std::vector<Touched> touched_;
    std::vector<Segment> segments_;
    std::vector<RecordedWork> work_;
    std::int64_t recorded_busy_ = 0;
    std::int64_t recorded_cost_ = 0;
    std::int64_t unowned_ = 0;
    std::int64_t others_ = 0;
    // Shares of what is charged that may be others' after all, or were taken for theirs.
    double others_more_ = 0;
    double others_less_ = 0;
};

}  // namespace ergon::energy
