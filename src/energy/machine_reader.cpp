#include "energy/machine_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <time.h>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace ergon::energy {
namespace {

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
// The last cache of a machine that does not tell: assumed.
constexpr base::Bytes assumed_cache{32 << 20};
// What readings may take of a thread.
constexpr double most_overhead = 0.001;

Nanoseconds not_negative(Nanoseconds time) {
    return std::max(time, Nanoseconds(0));
}

}  // namespace

Nanoseconds thread_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return Nanoseconds(std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec);
}

MachineReader::MachineReader(const MeterOptions& options, bool accounted)
    : options_(options),
      processor_(read_processor(options.procfs)),
      share_(read_machine_share(options.procfs, options.sysfs, processor_)),
      estimate_(processor_, share_),
      search_(find_sensors({.sysfs = options.sysfs, .specs = options.sensors, .nvml_library = options.nvml_library},
                           base::now())),
      idle_power_(estimate_.idle) {
    if (counts_machine()) {
        estimate_.limit_to(boundary());
        idle_power_ = estimate_.idle;
    }
    if (!accounted) estimate_.include_traffic();
    use_calibration(accounted);
    describe_source();
}

MachineReader::~MachineReader() = default;

void MachineReader::use_calibration(bool accounted) {
    if (!options_.calibration) return;
    if (!options_.calibration_named && !std::filesystem::exists(*options_.calibration)) return;
    try {
        Calibration calibration = read_calibration(*options_.calibration);
        check_machine(calibration, processor_);
        if (search_.counter && calibration.source != search_.counter->info().name) {
            base::fail(base::ErrorCode::bad_argument, "It was made against {}, and energy is read from {}.",
                       calibration.source, search_.counter->info().name);
        }
        estimate_ = MachineEstimate(processor_, share_, calibration);
        if (!accounted) estimate_.active_per_thread = any_work(calibration);
        idle_power_ = estimate_.idle;
        calibration_ = std::move(calibration);
    } catch (const base::Error& error) {
        if (options_.calibration_named) throw;
        calibration_problem_ = fmt::format(" {} is left aside: {}", options_.calibration->string(), error.what());
    }
}

void MachineReader::describe_source() {
    if (counts_machine()) {
        sentence_ = fmt::format("Energy is read from {}.", search_.sentence);
    } else {
        sentence_ = fmt::format("Energy is estimated from {}. {}", estimate_.description(), search_.sentence);
        if (search_.counter) {
            sentence_ +=
                fmt::format(" What cards take is read and added to it ({}).", search_.counter->description());
        }
    }
    sentence_ += fmt::format(" It is that of {} ({}).", boundary_words(boundary()), outside_words);
    sentence_ += calibration_problem_;
}

Boundary MachineReader::boundary() const {
    if (!counts_machine()) return estimate_.boundary;
    const MachineCounter& counter = *search_.counter;
    if (counter.info().scope != Scope::package) return Boundary::machine;
    const auto counts = [&](Scope scope) {
        return std::ranges::any_of(counter.tallies(), [&](const Tally& tally) {
            return tally.role == Role::total && tally.info.scope == scope;
        });
    };
    if (counts(Scope::accelerator)) return Boundary::processor_and_cards;
    return counts(Scope::memory) ? Boundary::processor_and_memory : Boundary::processor;
}

nlohmann::ordered_json MachineReader::machine() const {
    nlohmann::ordered_json json{{"processor", processor_.name},
                                {"vendor", processor_.vendor},
                                {"family", processor_.family},
                                {"model", processor_.model},
                                {"threads", processor_.threads},
                                {"virtual_machine", processor_.virtual_machine},
                                {"vector_flags", processor_.vector_flags},
                                {"energy_source", sentence_},
                                {"energy_method", std::string(name(method()))},
                                {"boundary", std::string(boundary_words(boundary()))},
                                {"outside", std::string(outside_words)},
                                {"kind_of_work_sd", estimate_.kind_of_work_sd},
                                {"kind_of_work_source", estimate_.kind_of_work_source}};
    if (share_.limited()) json["share"] = {{"threads", share_.processors}, {"limit", share_.limit}};
    if (share_.memory) json["memory_bytes"] = share_.memory->value();
    if (const auto cache = largest_cache(options_.sysfs)) json["cache_bytes"] = cache->value();
    if (calibration_) {
        json["calibration"] = {{"source", calibration_->source}, {"left_out_error", calibration_->left_out_error}};
    }
    return json;
}

WorkCost MachineReader::work_cost() const {
    // Without a calibration the cost of bytes is known too roughly to take part in the split of what was counted.
    if (!calibration_ && counts_machine()) return {};
    WorkCost cost = calibration_ ? calibration_->work_cost() : estimate_.work_cost();
    cost.cached = largest_cache(options_.sysfs).value_or(assumed_cache);
    return cost;
}

void MachineReader::start(Nanoseconds now) {
    first_reading_ = last_reading_ = now;
    last_busy_ = busy_time();
    if (search_.counter) search_.counter->restart(now);
}

std::optional<Interval> MachineReader::read(Nanoseconds now, bool forced, bool quiet) {
    if (now <= last_reading_) return std::nullopt;
    const Nanoseconds began = thread_time();
    Reading reading{Reading::State::lost, last_reading_, now, {}, {}};
    if (search_.counter) reading = search_.counter->read(now);
    const Nanoseconds elapsed = now - last_reading_;
    const bool still = reading.state == Reading::State::valid && reading.energy == Nanojoules(0);
    if (reading.state == Reading::State::pending || (still && elapsed < patience())) {
        if (!forced) return std::nullopt;
        if (!still) search_.counter->restart(now);
    }
    standing_ = still ? standing_ + elapsed : Nanoseconds(0);
    const bool known = reading.state == Reading::State::valid && !(still && standing_ >= patience());
    Interval interval{last_reading_, now, {}, {}, {}, {}, known && counts_machine()};
    take_busy_time(interval);
    if (interval.counted) {
        interval.energy = reading.energy;
        if (quiet) observe_quiet(interval);
        interval.idle = std::min(energy_of(idle_power_.value, elapsed), interval.energy);
    } else {
        interval.idle = estimate_.idle_energy(elapsed);
        interval.energy =
            interval.idle + estimate_.active_energy(interval.program_busy + interval.others_busy, elapsed);
        if (search_.counter && !counts_machine())
            add_cards(interval, known ? std::optional(reading.energy) : std::nullopt);
    }
    last_reading_ = now;
    spent_ += thread_time() - began;
    ++readings_;
    return interval;
}

/// What cards take belongs to the machine's idle part: this program computes on the processor. Time of which they tell
/// nothing gets their mean power as soon as that is known, as an estimate.
void MachineReader::add_cards(Interval& interval, std::optional<Nanojoules> counted) {
    if (!counted) unknown_ += interval.end - interval.begin;
    interval.beside = counted.value_or(Nanojoules(0));
    Nanojoules energy = interval.beside;
    const Tally& cards = search_.counter->total();
    if (cards.counted > Nanoseconds(0)) {
        const base::Watts mean = base::to_joules(cards.energy) / base::to_seconds(cards.counted);
        energy += energy_of(mean, std::exchange(unknown_, Nanoseconds(0)));
    }
    interval.energy += energy;
    interval.idle += energy;
}

/// How long a counter may stand still before it tells nothing: ten of its steps, but a second at least, and not so long
/// that what waits for it grows without bound.
Nanoseconds MachineReader::patience() const {
    constexpr Nanoseconds least{1'000'000'000}, most{30'000'000'000};
    return search_.counter ? std::clamp(search_.counter->info().step * std::int64_t{10}, least, most) : least;
}

/// Of a share of the machine that is estimated, the busy time is that of its own programs: those outside have theirs.
BusyTime MachineReader::busy_time() const {
    BusyTime busy = read_busy_time(options_.procfs);
    if (share_.limited() && !counts_machine()) busy.machine = read_group_time(share_).value_or(busy.program);
    return busy;
}

void MachineReader::take_busy_time(Interval& interval) {
    const BusyTime busy = busy_time();
    interval.program_busy = not_negative(busy.program - last_busy_.program);
    last_busy_ = busy;
    // The machine counts in ticks and the program in nanoseconds, so their difference jitters by some ticks. Only what
    // exceeds all that was seen before is new.
    const Nanoseconds others = busy.machine - busy.program;
    if (!others_seen_) others_seen_ = others;
    interval.others_busy = not_negative(others - *others_seen_);
    others_seen_ = std::max(*others_seen_, others);
}

/// Learns idle power from the counter while nothing of ours runs and nobody else works either.
void MachineReader::observe_quiet(const Interval& interval) {
    const Nanoseconds elapsed = interval.end - interval.begin;
    const double busy = (interval.program_busy + interval.others_busy) / (elapsed * std::int64_t{processor_.threads});
    if (busy > quiet_share) return;
    quiet_time_ += elapsed;
    quiet_energy_ += interval.energy;
    if (quiet_time_ < quiet_time_needed) return;
    const base::Watts power = base::to_joules(quiet_energy_) / base::to_seconds(quiet_time_);
    if (power > base::Watts(0)) {
        idle_power_ = {power, power * (1 - idle_wander), power * (1 + idle_wander)};
        idle_observed_ = true;
    }
    quiet_time_ = Nanoseconds(0);
    quiet_energy_ = Nanojoules(0);
}

Nanoseconds MachineReader::interval() const {
    Nanoseconds wait = options_.interval;
    if (readings_ > 0) {
        const double cost = static_cast<double>(spent_.value()) / static_cast<double>(readings_);
        wait = std::max(wait, Nanoseconds(static_cast<std::int64_t>(cost / most_overhead)));
    }
    // Half the horizon, so that one late reading does not lose a wrap.
    const Nanoseconds horizon = search_.counter ? search_.counter->info().horizon : Nanoseconds(0);
    if (horizon > Nanoseconds(0)) wait = std::min(wait, horizon / std::int64_t{2});
    return std::max(wait, shortest_interval);
}

Uncertainty MachineReader::uncertainty() const {
    // Of a counter that covers cards alone no idle power is subtracted.
    const PowerRange subtracted = search_.counter && !counts_machine() ? PowerRange{} : idle_power_;
    return {estimate_.idle, estimate_.active_per_thread, subtracted, idle_observed_,
            search_.counter ? search_.counter->info().step : Nanoseconds(0)};
}

Overhead MachineReader::overhead() const {
    return {base::to_seconds(spent_), base::to_seconds(last_reading_ - first_reading_)};
}

}  // namespace ergon::energy
