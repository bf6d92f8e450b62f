#include "energy/counters/power_integral.h"

#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace ergon::energy {

using base::Nanojoules;
using base::Nanoseconds;

PowerIntegral::PowerIntegral(SensorInfo info, ReadFn read_fn, Nanoseconds now)
    : info_(std::move(info)), read_fn_(std::move(read_fn)) {
    info_.horizon = longest_bridge;
    restart(now);
}

void PowerIntegral::restart(Nanoseconds now) {
    begin_ = now;
    last_ = read_fn_().value;
}

Reading PowerIntegral::read(Nanoseconds now) {
    SensorResult<base::Watts> answer = read_fn_();
    const Nanoseconds gap = now - begin_;
    Reading reading{Reading::State::lost, begin_, now, {}, std::move(answer.problem)};
    if (!answer.value && !answer.final_loss && last_ && gap <= longest_bridge) {
        reading.state = Reading::State::pending;
        return reading;
    }
    if (answer.value && !last_) {
        reading.problem = fmt::format("the power of {} was unknown at the start of its interval", info_.name);
    } else if (answer.value && gap > longest_bridge) {
        reading.problem = fmt::format("{} was not read for {:.0f} s, too long to interpolate its power", info_.name,
                                      base::to_seconds(gap).value());
    } else if (answer.value) {
        reading.state = Reading::State::valid;
        const base::Joules energy = (*last_ + *answer.value) / 2.0 * base::to_seconds(gap);
        reading.energy = Nanojoules(std::llround(energy.value() * 1e9));
    }
    last_ = answer.value;
    begin_ = now;
    return reading;
}

}  // namespace ergon::energy
