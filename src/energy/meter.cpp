#include "energy/meter.h"

#include <algorithm>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "energy/estimate.h"
#include "energy/processor.h"
#include "energy/request_figures.h"
#include "energy/sensor_search.h"

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanojoules;
using base::Nanoseconds;

// Assumed: a machine whose threads are busy for at most this share of the time is idle.
constexpr double quiet_share = 0.02;
// A counter that steps once in a millisecond is read to 0.2% over a second.
constexpr Nanoseconds quiet_time_needed{1'000'000'000};
// Assumed: idle power wanders by this much, with temperature and background work.
constexpr double idle_wander = 0.1;

// Assumed: reading more often than this would cost more than it tells, whatever a counter's range.
constexpr Nanoseconds shortest_interval{10'000'000};

Nanoseconds not_negative(Nanoseconds time) {
    return std::max(time, Nanoseconds(0));
}

}  // namespace

struct Meter::State {
    explicit State(const MeterOptions& chosen)
        : options(chosen), processor(read_processor(options.procfs)), estimate(processor), idle_power(estimate.idle) {
        SensorOptions sensors;
        sensors.sysfs = options.sysfs;
        SensorSearch search = find_sensors(sensors, base::now());
        counter = std::move(search.counter);
        source = search.sentence;
        if (counter) {
            // Half the horizon, so that one late reading does not lose a wrap. No horizon: the counter does not say
            // where it wraps.
            const Nanoseconds horizon = counter->info().horizon;
            if (horizon > Nanoseconds(0)) options.interval = std::min(options.interval, horizon / std::int64_t{2});
            options.interval = std::max(options.interval, shortest_interval);
            sentence = fmt::format("Energy is read from {}.", source);
        } else {
            sentence = fmt::format(
                "Energy is estimated from the processor's class ({}, {} thread{}: {:.1f} W idle, and {:.1f} W for each "
                "busy thread, "
                "either of which may be half or twice that). {}",
                estimate.processor_class->description, processor.threads, processor.threads == 1 ? "" : "s",
                estimate.idle.value.value(), estimate.active_per_thread.value.value(), source);
        }
    }

    // What follows is called under `mutex`.

    /// The first reading begins here.
    void start() {
        if (sampler.joinable()) return;
        last_reading = base::now();
        last_busy = read_busy_time(options.procfs);
        if (counter) counter->restart(last_reading);
        try {
            sampler = std::thread([this] { sample(); });
        } catch (const std::system_error& problem) {
            base::fail(base::ErrorCode::system, "The thread that reads the energy counters could not be started: {}.",
                       problem.what());
        }
    }

    /// Closes an interval at this moment. Unless `forced`, a counter that failed to answer may wait for the next time.
    void read(bool forced) {
        const Nanoseconds now = base::now();
        if (now <= last_reading) return;
        Reading reading{Reading::State::lost, last_reading, now, {}, {}};
        if (counter) reading = counter->read(now);
        if (reading.state == Reading::State::pending) {
            if (!forced) return;
            counter->restart(now);
        }
        Interval interval{last_reading, now, {}, {}, {}, {}, reading.state == Reading::State::valid};
        take_busy_time(interval);
        const Nanoseconds elapsed = now - last_reading;
        if (interval.counted) {
            interval.energy = reading.energy;
            observe_quiet(interval);
            interval.idle = std::min(energy_of(idle_power.value, elapsed), interval.energy);
        } else {
            interval.idle = estimate.idle_energy(elapsed);
            interval.energy =
                interval.idle + estimate.active_energy(interval.program_busy + interval.others_busy, elapsed);
        }
        ledger.add_interval(interval);
        last_reading = now;
    }

    void take_busy_time(Interval& interval) {
        const BusyTime busy = read_busy_time(options.procfs);
        interval.program_busy = not_negative(busy.program - last_busy.program);
        last_busy = busy;
        // The machine counts in ticks and the program in nanoseconds, so their difference jitters by some ticks. Only
        // what exceeds all that was seen before is new.
        const Nanoseconds others = busy.machine - busy.program;
        if (!others_seen) others_seen = others;
        interval.others_busy = not_negative(others - *others_seen);
        others_seen = std::max(*others_seen, others);
    }

    /// Learns idle power from the counter while no request runs and nobody else works either.
    void observe_quiet(const Interval& interval) {
        const Nanoseconds elapsed = interval.end - interval.begin;
        const double busy =
            (interval.program_busy + interval.others_busy) / (elapsed * std::int64_t{processor.threads});
        if (ledger.any_running() || busy > quiet_share) return;
        quiet_time += elapsed;
        quiet_energy += interval.energy;
        if (quiet_time < quiet_time_needed) return;
        const base::Watts power = base::to_joules(quiet_energy) / base::to_seconds(quiet_time);
        if (power > base::Watts(0)) {
            idle_power = {power, power * (1 - idle_wander), power * (1 + idle_wander)};
            idle_observed = true;
        }
        quiet_time = Nanoseconds(0);
        quiet_energy = Nanojoules(0);
    }

    Uncertainty uncertainty() const {
        return {estimate.idle, estimate.active_per_thread, idle_power, idle_observed,
                counter ? counter->info().step : Nanoseconds(0)};
    }

    // The sampler's thread.
    void sample() {
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, std::chrono::nanoseconds(options.interval.value()), [this] { return stopping; })) {
            read(false);
            if (!ledger.any_running()) ledger.settle(last_reading);  // else steps that are under way may belong to it
        }
    }

    MeterOptions options;
    Processor processor;
    MachineEstimate estimate;
    std::unique_ptr<MachineCounter> counter;
    std::string source;
    std::string sentence;

    mutable std::mutex mutex;  // guards all below
    std::condition_variable wake;
    bool stopping = false;
    Ledger ledger;
    RequestId next_request = 1;
    Nanoseconds last_reading{};
    BusyTime last_busy;
    std::optional<Nanoseconds> others_seen;
    PowerRange idle_power;
    bool idle_observed = false;
    Nanoseconds quiet_time{};
    Nanojoules quiet_energy{};
    std::thread sampler;
};

Meter::Meter(const MeterOptions& options) : state_(std::make_unique<State>(options)) {}

Meter::~Meter() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
    if (state_->sampler.joinable()) state_->sampler.join();
}

const std::string& Meter::describe() const {
    return state_->sentence;
}

Method Meter::method() const {
    return state_->counter ? Method::measured : Method::estimated;
}

nlohmann::ordered_json Meter::machine() const {
    const Processor& processor = state_->processor;
    return {{"processor", processor.name},
            {"vendor", processor.vendor},
            {"family", processor.family},
            {"model", processor.model},
            {"threads", processor.threads},
            {"virtual_machine", processor.virtual_machine},
            {"vector_flags", processor.vector_flags},
            {"energy_source", state_->sentence},
            {"energy_method", std::string(name(method()))}};
}

RequestId Meter::begin_request() {
    const std::lock_guard lock(state_->mutex);
    state_->start();
    state_->read(true);
    const RequestId request = state_->next_request++;
    state_->ledger.begin_request(request, state_->last_reading);
    return request;
}

void Meter::step(std::span<const Participant> participants, Nanoseconds begin, const WorkAccount& account) {
    Step step{begin,
              base::now(),
              {participants.begin(), participants.end()},
              {account.records().begin(), account.records().end()},
              {account.users().begin(), account.users().end()}};
    const std::lock_guard lock(state_->mutex);
    const Nanoseconds end = step.end;
    state_->ledger.add_step(std::move(step));
    state_->ledger.settle(end);
}

void Meter::mark() {
    const std::lock_guard lock(state_->mutex);
    if (state_->sampler.joinable()) state_->read(true);
}

RequestFigures Meter::end_request(RequestId request) {
    const std::lock_guard lock(state_->mutex);
    if (state_->sampler.joinable()) state_->read(true);
    state_->ledger.end_request(request, state_->last_reading);
    state_->ledger.settle(state_->last_reading);
    std::optional<RequestAccount> account = state_->ledger.take(request);
    return figures_of(std::move(account.value()), state_->uncertainty());
}

CommonFigures Meter::common() const {
    const std::lock_guard lock(state_->mutex);
    const CommonAccounts& common = state_->ledger.common();
    return {base::to_joules(common.idle), base::to_joules(common.program), base::to_joules(common.others)};
}

}  // namespace ergon::energy
