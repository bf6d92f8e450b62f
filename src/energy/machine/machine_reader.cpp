#include "energy/machine/machine_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <time.h>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/files/paths.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;

// Assumed: a machine whose threads are busy for at most this share of the time is idle.
constexpr double quiet_share = 0.02;
// A counter that steps once in a millisecond is read to 0.2% over a second.
constexpr Nanoseconds quiet_time_needed{1'000'000'000};
// Assumed: idle power wanders by this much, with temperature and background work.
constexpr double idle_drift = 0.1;
// Assumed: reading more often than this would cost more than it tells, whatever a counter's range.
constexpr Nanoseconds shortest_interval{10'000'000};
// The last cache of a machine that does not tell: assumed.
constexpr base::Bytes assumed_cache{32 << 20};
// What readings may take of a thread.
constexpr double max_overhead = 0.001;

// A counter that has not moved for so many of its steps, or for so long, is late; after that it is missing.
constexpr std::int64_t steps_at_the_edge = 3;
constexpr Nanoseconds longest_edge{500'000'000};
constexpr Nanoseconds min_wait{20'000'000};

Nanoseconds not_negative(Nanoseconds time) {
    return std::max(time, Nanoseconds(0));
}

/// Of all memory, for where its counter is there and tells nothing. Published of cloud machines: 0.19 (idle) to 0.39 W
/// per GB (Teads); wider here, as modules differ. 8 GB are assumed where nothing is said.
PowerRange memory_power(const MachineShare& share) {
    constexpr PowerRange per_gigabyte{base::Watts(0.3), base::Watts(0.1), base::Watts(0.6)};
    constexpr base::Bytes assumed{8'000'000'000};
    return per_gigabyte * (static_cast<double>(share.memory.value_or(assumed).value()) / 1e9);
}

}  // namespace

MachineReader::MachineReader(const MeterOptions& options, bool accounted)
    : options_(options),
      processor_(read_processor(options.procfs)),
      share_(read_machine_share(options.procfs, options.sysfs, processor_)),
      estimate_(processor_, share_),
      search_(find_sensors(sensor_options(accounted), base::now())),
      others_(processor_.threads),
      idle_power_(estimate_.idle) {
    others_.start(base::now(), busy_time());  // how busy others are is known before the first request
    if (counts_machine()) {
        estimate_.limit_to(boundary());
        idle_power_ = estimate_.idle;
    }
    if (!accounted) estimate_.include_traffic();
    use_calibration(accounted);
    describe_source();
}

MachineReader::~MachineReader() = default;

SensorOptions MachineReader::sensor_options(bool accounted) const {
    SensorOptions options{.sysfs = options_.sysfs, .specs = options_.sensors, .nvml_library = options_.nvml_library};
    // What this program does it does on the processor; a command may work on a card.
    options.devices_apart = accounted;
    options.missing = {std::min(estimate_.idle.low_factor(), estimate_.active_per_thread.low_factor()),
                       std::max(estimate_.idle.high_factor(), estimate_.active_per_thread.high_factor()),
                       memory_power(share_)};
    return options;
}

void MachineReader::use_calibration(bool accounted) {
    if (!options_.calibration) return;
    if (!options_.calibration_named && !base::path_exists(*options_.calibration)) return;
    try {
        Calibration calibration = read_calibration(*options_.calibration);
        check_machine(calibration, processor_);
        if (search_.counter && calibration.source != search_.counter->all_names()) {
            base::fail(base::ErrorCode::bad_argument, "It was made with {}, but energy is read from {}.",
                       calibration.source, search_.counter->all_names());
        }
        estimate_ = MachineEstimate(processor_, share_, calibration);
        if (!accounted) estimate_.active_per_thread = any_work(calibration);
        idle_power_ = estimate_.idle;
        calibration_ = std::move(calibration);
    } catch (const base::Error& error) {
        if (options_.calibration_named) throw;
        calibration_problem_ = fmt::format(" {} is ignored: {}", options_.calibration->string(), error.what());
    }
}

void MachineReader::describe_source() {
    const MachineCounter* const counter = search_.counter.get();
    if (counts_machine()) {
        sentence_ = fmt::format("Energy is read from {}.", search_.sentence);
        for (const Unread& unread : counter->missing()) {
            sentence_ += fmt::format(" {} is present but not read; its part is estimated, so no figure is measured: {}",
                                     unread.info.name, unread.problem);
        }
    } else {
        sentence_ = fmt::format("Energy is estimated from {}. {}", estimate_.description(), search_.sentence);
        if (counter != nullptr && !counter->description().empty()) {
            sentence_ +=
                fmt::format(" The energy of graphics cards is read and added to it ({}).", counter->description());
        }
    }
    sentence_ += fmt::format(" It covers {} ({}).", boundary_words(boundary()), outside_words);
    if (counter != nullptr && !counter->device_names().empty()) {
        sentence_ += fmt::format(
            " The energy of {} is counted as idle power of devices that the engine does not use: separately, in no "
            "answer's figure.",
            counter->device_names());
    }
    for (const Unread& unread : counter != nullptr ? counter->missing_devices() : std::span<const Unread>()) {
        sentence_ += fmt::format(" {} is a device that the engine does not use and is not read: {}", unread.info.name,
                                 unread.problem);
    }
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
    if (readings_ > 0 && search_.counter) {
        read(now, false);  // a counter that moves rarely need not be learnt anew
    } else {
        first_reading_ = last_reading_ = now;
        if (search_.counter) search_.counter->restart(now);
    }
    const BusyTime busy = busy_time();
    last_program_ = busy.program;
    others_.start(now, busy);
}

std::vector<Interval> MachineReader::read(Nanoseconds now, bool quiet) {
    if (now <= last_reading_) return {};
    const Nanoseconds began = base::thread_time();
    Interval interval{last_reading_, now, {}, {}, {}, {}, false};
    take_busy_time(interval);
    std::vector<Interval> known;
    if (search_.counter) {
        const Nanoseconds elapsed = now - last_reading_;
        const Nanojoules idle = energy_of(idle_power_.value, elapsed);
        const Nanojoules active = estimate_.active_energy(interval.program_busy + interval.others_busy, elapsed);
        search_.counter->read(now, idle + active);
        const Nanojoules devices = search_.counter->devices_energy();
        interval.devices = devices - std::exchange(devices_, devices);
        open_.push_back({interval, quiet});
        known = close(search_.counter->take());
    } else {
        known.push_back(estimated(interval));
    }
    last_reading_ = now;
    spent_ += base::thread_time() - began;
    ++readings_;
    return known;
}

std::vector<Interval> MachineReader::give_up() {
    return search_.counter ? close(search_.counter->give_up()) : std::vector<Interval>();
}

std::vector<Interval> MachineReader::guess() const {
    std::vector<Interval> intervals;
    if (!search_.counter) return intervals;
    const std::vector<MachineSlice> slices = search_.counter->guess();
    const Nanoseconds since = open_.empty() ? last_reading_ : open_.front().interval.begin;
    for (std::size_t i = 0; i < slices.size(); ++i) intervals.push_back(filled(open_[i].interval, slices[i], since));
    return intervals;
}

/// The oldest of the open intervals are those of the slices.
std::vector<Interval> MachineReader::close(std::span<const MachineSlice> slices) {
    std::vector<Interval> intervals;
    const Nanoseconds since = open_.empty() ? last_reading_ : open_.front().interval.begin;
    const auto reported_until = open_.begin() + std::min(std::ssize(slices), std::ssize(open_));
    // A step that covers several intervals tells of idle power only if all of them were quiet.
    const bool all_quiet = std::all_of(open_.begin(), reported_until, [](const Open& open) { return open.quiet; });
    for (const MachineSlice& slice : slices) {
        const Open open = open_.front();
        open_.pop_front();
        intervals.push_back(filled(open.interval, slice, since));
        const Interval& last = intervals.back();
        const bool resolved = last.end - last.begin >= search_.counter->usual_step();
        if (open.quiet && (all_quiet || resolved) && last.counted && last.missing == Missing{}) observe_quiet(last);
    }
    return intervals;
}

Interval MachineReader::estimated(Interval interval) const {
    const Nanoseconds elapsed = interval.end - interval.begin;
    interval.idle = estimate_.idle_energy(elapsed);
    interval.energy = interval.idle + estimate_.active_energy(interval.program_busy + interval.others_busy, elapsed);
    return interval;
}

Interval MachineReader::filled(Interval interval, const MachineSlice& slice, Nanoseconds open_since) const {
    if (!counts_machine()) {
        interval = estimated(interval);
        // What cards take belongs to the machine's idle part: nobody knows whose work they do.
        interval.beside = slice.counted;
        interval.energy += slice.energy();
        interval.idle += slice.energy();
        return interval;
    }
    if (!slice.reported) return estimated(interval);
    interval.counted = true;
    interval.energy = slice.energy();
    interval.missing = slice.missing;
    // What has yet to be told of the last steps is within what a figure's interval allows for at its ends, as the time
    // for which a counter stands still counts as a step.
    const Nanoseconds edge = std::max(search_.counter->usual_step() * steps_at_the_edge, longest_edge);
    if (last_reading_ - open_since > edge) interval.missing += slice.pending;
    interval.idle = std::min(energy_of(idle_power_.value, interval.end - interval.begin), interval.energy);
    return interval;
}

Nanoseconds MachineReader::worth_waiting() const {
    if (!search_.counter || !counts_machine()) return Nanoseconds(0);
    const Nanoseconds step = search_.counter->usual_step();
    if (search_.counter->stuck() || step > options_.patience) return Nanoseconds(0);
    if (!search_.counter->step_is_known()) return options_.patience;
    return std::min(options_.patience, step * steps_at_the_edge + min_wait);
}

/// Of a share of the machine that is estimated, the busy time is that of its own programs: those outside have theirs.
BusyTime MachineReader::busy_time() const {
    BusyTime busy = read_busy_time(options_.procfs);
    if (program_time_) busy.program = program_time_();
    if (share_.limited() && !counts_machine()) busy.machine = read_group_time(share_).value_or(busy.program);
    return busy;
}

void MachineReader::take_busy_time(Interval& interval) {
    const BusyTime busy = busy_time();
    interval.program_busy = not_negative(busy.program - last_program_);
    last_program_ = busy.program;
    const OthersTime::Use others = others_.until(interval.end, busy);
    interval.others_busy = others.value;
    interval.others_less = others.value - others.low;
    interval.others_more = others.high - others.value;
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
        idle_power_ = {power, power * (1 - idle_drift), power * (1 + idle_drift)};
        idle_observed_ = true;
    }
    quiet_time_ = Nanoseconds(0);
    quiet_energy_ = Nanojoules(0);
}

Nanoseconds MachineReader::interval() const {
    Nanoseconds wait = options_.interval;
    if (readings_ > 0) {
        const double cost = static_cast<double>(spent_.value()) / static_cast<double>(readings_);
        wait = std::max(wait, Nanoseconds(static_cast<std::int64_t>(cost / max_overhead)));
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
