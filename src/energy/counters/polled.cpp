#include "energy/counters/polled.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanojoules;
using base::Nanoseconds;
using base::Watts;
using State = Reading::State;

// A step of ten resolutions is known to a tenth.
constexpr double resolutions_to_bridge = 10;

}  // namespace

PollAccount::PollAccount(const Poll& first, Nanoseconds at)
    : last_(first), last_at_(at), by_power_(first.power.has_value()), begin_(at), changed_at_(at) {
    if (!first.power && !first.total) {
        base::fail(base::ErrorCode::bad_file, "The source gives neither a power nor an energy counter.");
    }
}

/// The power from the last poll until this one.
std::optional<Watts> PollAccount::power_until(const Poll& poll, Nanoseconds at) const {
    if (at - last_at_ <= longest_silence) return last_.power;
    if (!last_.total || !poll.total) return std::nullopt;
    const Joules step = *poll.total - *last_.total;
    if (step <= Joules(0) || step < poll.resolution * resolutions_to_bridge) return std::nullopt;
    return step / base::to_seconds(at - last_at_);
}

void PollAccount::add_step(Joules before, Joules after, Nanoseconds at) {
    if (after < before) {
        lost_ = fmt::format("the counter went backwards from {:.3f} J to {:.3f} J", before.value(), after.value());
    } else {
        collected_ += after - before;
    }
    if (after == before) return;
    longest_step_ = std::max(longest_step_, at - changed_at_);
    changed_at_ = at;
}

void PollAccount::answered(const Poll& poll, Nanoseconds at) {
    if (at <= last_at_) return;
    if (by_power_ ? !poll.power : !poll.total) {
        failed(by_power_ ? "it no longer reports power" : "it no longer reports its energy counter");
        return;
    }
    if (!by_power_) {
        add_step(last_.total.value(), poll.total.value(), at);
    } else if (const auto power = power_until(poll, at)) {
        // A reading that came after the answer was taken has already given its time away.
        const Nanoseconds from = std::max(begin_, last_at_);
        if (at > from) collected_ += *power * base::to_seconds(at - from);
    } else {
        lost_ = fmt::format("there was no response for {:.0f} s{}", base::to_seconds(at - last_at_).value(),
                            silence_problem_.empty() ? "" : " (" + silence_problem_ + ")");
    }
    last_ = poll;
    last_at_ = at;
    silence_problem_.clear();
}

Reading PollAccount::read(Nanoseconds now) {
    Reading reading{State::lost, begin_, now, {}, lost_};
    const bool silent = now - last_at_ > longest_silence;
    if (lost_.empty() && silent) {
        reading.problem =
            fmt::format("there is no response{}", silence_problem_.empty() ? "" : " (" + silence_problem_ + ")");
        if (last_.total) {
            reading.state = State::pending;
            return reading;
        }
    } else if (lost_.empty() && !by_power_ && collected_ == Joules(0)) {
        reading.state = State::pending;
        return reading;
    } else if (lost_.empty()) {
        reading.state = State::valid;
        const Nanoseconds from = std::max(begin_, last_at_);
        if (by_power_ && now > from) collected_ += last_.power.value() * base::to_seconds(now - from);
        reading.energy = Nanojoules(std::llround(collected_.value() * 1e9));
    }
    restart(now);
    return reading;
}

void PollAccount::restart(Nanoseconds now) {
    begin_ = now;
    collected_ = Joules(0);
    lost_.clear();
}

PolledSensor::PolledSensor(SensorInfo info, ReadFn read_fn, Nanoseconds interval)
    : info_(std::move(info)), read_fn_(std::move(read_fn)), interval_(interval), account_(read_fn_(), base::now()) {
    info_.step = interval_;
    try {
        thread_ = std::thread([this] { poll(); });
    } catch (const std::system_error& problem) {
        base::fail(base::ErrorCode::system, "The thread that polls {} could not be started: {}.", info_.name,
                   problem.what());
    }
}

PolledSensor::~PolledSensor() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void PolledSensor::poll() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::nanoseconds(interval_.value()), [this] { return stopping_; })) {
        lock.unlock();
        const Nanoseconds asked = base::now();
        std::optional<Poll> answer;
        std::string problem;
        try {
            answer = read_fn_();
        } catch (const std::exception& error) {
            problem = error.what();
        }
        const Nanoseconds got = base::now();
        lock.lock();
        if (answer) {
            account_.answered(*answer, asked + (got - asked) / std::int64_t{2});  // it was taken somewhere between
        } else {
            account_.failed(std::move(problem));
        }
    }
}

Reading PolledSensor::read(Nanoseconds now) {
    const std::lock_guard lock(mutex_);
    Reading reading = account_.read(now);
    if (!reading.problem.empty()) reading.problem = fmt::format("{}: {}", info_.name, reading.problem);
    info_.step = std::max(interval_, account_.longest_step());
    return reading;
}

void PolledSensor::restart(Nanoseconds now) {
    const std::lock_guard lock(mutex_);
    account_.restart(now);
}

}  // namespace ergon::energy
