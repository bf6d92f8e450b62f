#pragma once
// Processor time of other programs in short intervals, where the machine counts in ticks.

#include <deque>

#include "base/units.h"
#include "energy/machine/processor.h"

namespace ergon::energy {

/// Splits the ticks that /proc/stat counts over intervals that may be shorter than a tick. In such an interval a
/// program that runs all the time shows no tick or a whole one, and a share of joules by either is wrong both times.
/// Here an interval gets what others took on average of late, and a part of what earlier ones got too much or too
/// little by the ticks since: in all, intervals get what was counted in all.
class OthersTime {
  public:
    /// `tick`: what the machine counts in. `threads`: hardware threads, which bound what anybody can take.
    explicit OthersTime(int threads, base::Nanoseconds tick = base::Nanoseconds(10'000'000));

    struct Use {
        base::Nanoseconds value{};
        // 95%: what ticks leave open, within what the machine has beside this program.
        base::Nanoseconds low{};
        base::Nanoseconds high{};
    };

    /// Begins, or begins again after a time that is nobody's.
    void start(base::Nanoseconds now, const BusyTime& busy);
    /// The time since the last call, or since start(). Nothing where the machine's time is not known.
    Use until(base::Nanoseconds now, const BusyTime& busy);

  private:
    struct Sample {
        base::Nanoseconds time{};
        base::Nanoseconds others{};  // since the machine started, as ticks tell
    };
    const Sample& reference(base::Nanoseconds now) const;
    void keep(const Sample& sample);

    int threads_;
    base::Nanoseconds tick_, tolerance_;
    std::deque<Sample> past_;  // ascending; the last second or so, or the last one before
    Sample last_;
    base::Nanoseconds program_{};  // at the last call
    base::Nanoseconds given_{};    // to intervals so far, from where `others` began
};

}  // namespace ergon::energy
