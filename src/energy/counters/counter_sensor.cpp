#include "energy/counters/counter_sensor.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;

constexpr std::size_t steps_remembered = 64;
// The longest of so many steps is a freeze, not a step.
constexpr std::size_t steps_with_a_freeze = 8;
// Assumed: a counter whose steps are known, that stood still for this long and five of them, and then shows less than a
// fifth of what it shows on the mean, did not count while it stood.
constexpr Nanoseconds long_stand{50'000'000};
constexpr std::int64_t steps_of_a_stand = 5;
constexpr std::size_t steps_to_know = 3;
constexpr double least_of_the_mean = 0.2;

}  // namespace

CounterSensor::CounterSensor(SensorInfo info, CounterRules rules, ReadFn read_fn, Nanoseconds now)
    : info_(std::move(info)), rules_(std::move(rules)), read_fn_(std::move(read_fn)), min_step_(info_.step) {
    last_ = read_fn_().value;
    if (last_ && rules_.range > 0 && *last_ > rules_.range) rules_.range = 0;  // it cannot be what the kernel says
    if (rules_.range > 0 && rules_.most > base::Watts(0)) {
        // Nanojoules over watts are nanoseconds.
        const double horizon = static_cast<double>(rules_.range) * rules_.nanojoules / rules_.most.value();
        info_.horizon = Nanoseconds(static_cast<std::int64_t>(std::min(horizon, 9e18)));
    }
    begin_ = read_at_ = stood_since_ = now;
}

void CounterSensor::restart(Nanoseconds now) {
    begin_ = now;
    const std::optional<std::uint64_t> count = read_fn_().value;
    if (!count || !last_) {
        moved_at_.reset();
        stood_since_ = now;
    } else if (*count != *last_) {
        moved_at_ = stood_since_ = now;
    } else if (!moved_at_ && read_at_ == stood_since_) {
        stood_since_ = now;  // nobody has read it yet
    }
    first_step_.reset();
    last_ = count;
    read_at_ = now;
}

std::uint64_t CounterSensor::difference(std::uint64_t last, std::uint64_t count) const {
    return count >= last ? count - last : count + (rules_.range - last);
}

std::string CounterSensor::fault(std::uint64_t count, Nanoseconds now) const {
    if (!last_) return fmt::format("{} could not be read at the start of its interval", rules_.where);
    if (info_.horizon > Nanoseconds(0) && now - read_at_ > info_.horizon) {
        return fmt::format("{} was not read for {:.0f} s and may have wrapped more than once", rules_.where,
                           base::to_seconds(now - read_at_).value());
    }
    // The first step may be of a time before this one began, as long as a step is known to be.
    const Nanoseconds since = moved_at_ ? now - *moved_at_ : std::max(now - stood_since_, info_.step);
    const double most = (rules_.most * base::to_seconds(since + rules_.slack)).value() * 1e9 / rules_.nanojoules;
    const bool too_much = rules_.most > base::Watts(0) && static_cast<double>(difference(*last_, count)) > most;
    if (count < *last_ && (*last_ > rules_.range || too_much)) {
        return fmt::format("{} went backwards from {} to {}, which is not a wrap-around at {}", rules_.where, *last_,
                           count, rules_.range);
    }
    if (too_much) {
        return fmt::format("{} jumped from {} to {}, more than is possible at {} W, its maximum", rules_.where, *last_,
                           count, rules_.most.value());
    }
    return {};
}

/// The part of a step's energy that was taken since begin_.
Nanojoules CounterSensor::energy_of_step(std::uint64_t count, Nanoseconds now) {
    const double energy = std::min(static_cast<double>(difference(last_.value(), count)) * rules_.nanojoules, 9e18);
    double taken = energy;
    if (const Nanoseconds since = moved_at_.value_or(stood_since_); since < begin_) {
        taken *= (now - begin_) / (now - since);  // it was given up meanwhile, and that time is told otherwise
    } else if (!moved_at_ && stood_since_ + min_step_ * std::int64_t{2} < read_at_) {
        // A slow counter's first move shows what was taken since the one before, which nobody saw.
        const Nanoseconds waited = now - begin_;
        if (!steps_.empty()) {
            taken *= std::min(1.0, waited / info_.step);
        } else {
            first_step_ = Nanojoules(std::llround(energy));
            first_wait_ = waited;
        }
    } else if (moved_at_ && first_step_) {
        // Now a step is known, and so is what was too much in the first.
        const double too_much = 1 - std::min(1.0, first_wait_ / (now - *moved_at_));
        taken = std::max(0.0, taken - too_much * static_cast<double>(first_step_->value()));
        first_step_.reset();
    }
    return Nanojoules(std::llround(taken));
}

bool CounterSensor::lost_while_it_stood(Nanojoules step, Nanoseconds now) const {
    if (!moved_at_ || steps_.size() < steps_to_know || known_time_ <= base::Seconds(0)) return false;
    const Nanoseconds stood = read_at_ - *moved_at_;
    if (stood < long_stand || stood < usual_step() * steps_of_a_stand) return false;
    const base::Joules expected = known_energy_ / known_time_ * base::to_seconds(now - *moved_at_);
    return base::to_joules(step) < expected * least_of_the_mean;
}

/// A step lies between the time that the counter was seen to stand and the time between the readings that saw it move.
void CounterSensor::learn(Nanoseconds now) {
    const Nanoseconds stood = read_at_ - stood_since_;
    if (stood > min_step_ * std::int64_t{2}) {
        steps_.push_back(std::min(now - stood_since_, stood * std::int64_t{2}));
    } else if (moved_at_) {
        steps_.push_back(min_step_);
    }
    if (steps_.size() > steps_remembered) steps_.pop_front();
    say_step(Nanoseconds(0));
}

Nanoseconds CounterSensor::usual_step() const {
    Nanoseconds longest{}, second{};
    for (const Nanoseconds step : steps_) {
        second = std::max(second, std::min(step, longest));
        longest = std::max(longest, step);
    }
    return steps_.size() < steps_with_a_freeze ? longest : second;
}

void CounterSensor::say_step(Nanoseconds standing) {
    info_.step = std::max({min_step_, standing, usual_step()});
}

void CounterSensor::moved(std::uint64_t count, Nanoseconds now) {
    last_ = count;
    begin_ = read_at_ = stood_since_ = now;
    moved_at_ = now;
}

Reading CounterSensor::read(Nanoseconds now) {
    Reading reading{Reading::State::pending, begin_, now, {}, {}};
    SensorResult<std::uint64_t> answer = read_fn_();
    if (!answer.value) {
        reading.problem = std::move(answer.problem);
        return reading;
    }
    if (last_ && *answer.value == *last_) {
        read_at_ = now;
        say_step(now - stood_since_);
        return reading;
    }
    reading.problem = fault(*answer.value, now);
    bool stepped = false;
    if (reading.problem.empty()) {
        const Nanojoules step = energy_of_step(*answer.value, now);
        stepped = true;
        if (lost_while_it_stood(step, now)) {
            reading.problem = fmt::format("{} did not advance for {:.1f} s and missed the energy of that time",
                                          rules_.where, base::to_seconds(read_at_ - *moved_at_).value());
        } else {
            reading.energy = step;
            if (moved_at_) {  // the first move may tell of more time than it is known to
                known_energy_ += base::to_joules(step);
                known_time_ += base::to_seconds(now - begin_);
            }
        }
    }
    reading.state = reading.problem.empty() ? Reading::State::valid : Reading::State::lost;
    if (stepped) learn(now);
    const bool seen_before = last_.has_value();
    moved(*answer.value, now);
    if (!seen_before) moved_at_.reset();
    return reading;
}

}  // namespace ergon::energy
