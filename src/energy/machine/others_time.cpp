#include "energy/machine/others_time.h"

#include <algorithm>
#include <cmath>

namespace ergon::energy {
namespace {

using base::Nanoseconds;

// Of late: long enough that ticks tell a busy thread to some percent, short enough to follow what a machine does
// (assumed).
constexpr Nanoseconds of_late{1'000'000'000};
constexpr Nanoseconds min_between_samples{50'000'000};
// What was given too much or too little is taken back over so much time, not at once, or the next interval alone would
// have the tick that several were in (assumed).
constexpr Nanoseconds made_good_in{50'000'000};

Nanoseconds part(double share, Nanoseconds time) {
    return Nanoseconds(std::llround(share * static_cast<double>(time.value())));
}

}  // namespace

// The sum over processors is cut to whole ticks once, and each processor's clock looks who runs once in a tick at most:
// half a tick each, either way, at random.
OthersTime::OthersTime(int threads, Nanoseconds tick)
    : threads_(std::max(threads, 1)), tick_(tick), tolerance_(part(1 + std::sqrt(threads_) / 2, tick)) {}

void OthersTime::start(Nanoseconds now, const BusyTime& busy) {
    const Sample seen{now, busy.machine - busy.program};
    // How busy others were in the time between is of use, though it is nobody's.
    given_ = past_.empty() ? seen.others : given_ + (seen.others - last_.others);
    last_ = seen;
    program_ = busy.program;
    keep(seen);
}

/// The youngest sample that is old enough, else the oldest.
const OthersTime::Sample& OthersTime::reference(Nanoseconds now) const {
    const Sample* found = &past_.front();
    for (const Sample& sample : past_) {
        if (now - sample.time >= of_late) found = &sample;
    }
    return *found;
}

void OthersTime::keep(const Sample& sample) {
    if (!past_.empty() && sample.time - past_.back().time < min_between_samples) return;
    past_.push_back(sample);
    while (past_.size() > 2 && sample.time - past_[1].time >= of_late) past_.pop_front();
}

OthersTime::Use OthersTime::until(Nanoseconds now, const BusyTime& busy) {
    const Nanoseconds none(0);
    if (busy.machine == none || now <= last_.time) return {};
    const Sample seen{now, busy.machine - busy.program};
    const Nanoseconds elapsed = now - last_.time;
    const Nanoseconds room = std::max(none, elapsed * std::int64_t{threads_} - (busy.program - program_));
    const Nanoseconds ticks = seen.others - last_.others;
    const Nanoseconds least = std::clamp(ticks - tolerance_, none, room),
                      most = std::clamp(ticks + tolerance_, none, room);

    const Sample& before = reference(now);
    const Nanoseconds span = now - before.time;
    const double rate = std::clamp((seen.others - before.others) / span, 0.0, static_cast<double>(threads_));
    const Nanoseconds expected = part(rate, elapsed);
    const Nanoseconds wanted = expected + part(std::min(elapsed / made_good_in, 1.0), seen.others - given_ - expected);
    Use use;
    use.value = std::clamp(wanted, least, most);
    // Assumed: others run in slices of about a tick at random times (so that their time scatters as a Poisson number of
    // slices does); and the rate itself is known to what ticks can miss of its span.
    const Nanoseconds spread = part(2 * std::sqrt(expected / tick_), tick_) + part(tolerance_ / span, elapsed);
    use.low = std::max(least, use.value - spread);
    use.high = std::min(most, use.value + spread);

    // What did not fit beside this program is no debt: it was miscounted, by ticks or by a machine that stood still.
    given_ = std::max(given_ + use.value, seen.others - made_good_in);
    last_ = seen;
    program_ = busy.program;
    keep(seen);
    return use;
}

}  // namespace ergon::energy
