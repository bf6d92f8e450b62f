#include "energy/counter_sensor.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace ergon::energy {

using base::Nanojoules;
using base::Nanoseconds;

CounterSensor::CounterSensor(SensorInfo info, CounterRules rules, Ask ask, Nanoseconds now)
    : info_(std::move(info)), rules_(std::move(rules)), ask_(std::move(ask)) {
    if (rules_.range > 0 && rules_.most > base::Watts(0)) {
        // Nanojoules over watts are nanoseconds.
        const double horizon = static_cast<double>(rules_.range) * rules_.nanojoules / rules_.most.value();
        info_.horizon = Nanoseconds(static_cast<std::int64_t>(std::min(horizon, 9e18)));
    }
    restart(now);
}

void CounterSensor::restart(Nanoseconds now) {
    begin_ = now;
    last_ = ask_().value;
}

std::uint64_t CounterSensor::difference(std::uint64_t last, std::uint64_t count) const {
    return count >= last ? count - last : count + (rules_.range - last);
}

std::string CounterSensor::fault(std::uint64_t count, Nanoseconds gap) const {
    if (!last_) return fmt::format("{} could not be read when its interval began", rules_.where);
    if (info_.horizon > Nanoseconds(0) && gap > info_.horizon) {
        return fmt::format("{} was not read for {:.0f} s, in which it may have wrapped unseen", rules_.where,
                           base::to_seconds(gap).value());
    }
    const double most = (rules_.most * base::to_seconds(gap + rules_.slack)).value() * 1e9 / rules_.nanojoules;
    const bool too_much = rules_.most > base::Watts(0) && static_cast<double>(difference(*last_, count)) > most;
    if (count < *last_ && (*last_ > rules_.range || too_much)) {
        return fmt::format("{} went backwards from {} to {}, which is no wrap at {}", rules_.where, *last_, count,
                           rules_.range);
    }
    if (too_much) {
        return fmt::format("{} jumped from {} to {}, more than can have been taken", rules_.where, *last_, count);
    }
    return {};
}

Reading CounterSensor::read(Nanoseconds now) {
    Reading reading{Reading::State::pending, begin_, now, {}, {}};
    Answer<std::uint64_t> answer = ask_();
    if (!answer.value) {
        reading.problem = std::move(answer.problem);
        return reading;
    }
    reading.problem = fault(*answer.value, now - begin_);
    reading.state = reading.problem.empty() ? Reading::State::valid : Reading::State::lost;
    if (reading.state == Reading::State::valid) {
        const double energy = static_cast<double>(difference(last_.value(), *answer.value)) * rules_.nanojoules;
        reading.energy = Nanojoules(std::llround(std::min(energy, 9e18)));
    }
    last_ = answer.value;
    begin_ = now;
    return reading;
}

}  // namespace ergon::energy
