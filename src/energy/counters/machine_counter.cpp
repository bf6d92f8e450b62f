#include "energy/counters/machine_counter.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using State = Reading::State;

// The slowest counters known move once in 10 s; one that stands longer is not waited for. What the user names may
// be a meter that is asked through a network and moves once in minutes.
constexpr Nanoseconds longest_stand{12'000'000'000}, longest_stand_of_a_meter{300'000'000'000};
constexpr int enough_to_know_a_step = 3;
// After so long, and three of its steps, a counter that stands still is said to.
constexpr Nanoseconds worth_saying{1'000'000'000};

/// What the counter has not shown yet at either end is a step of it.
PowerRange power_range(Nanojoules energy, Nanoseconds elapsed, Nanoseconds step) {
    const base::Watts mean = base::to_joules(energy) / base::to_seconds(elapsed);
    const double edges = 2 * (step / elapsed);
    return {mean, mean * std::max(0.0, 1 - edges), mean * (1 + edges)};
}

// Assumed: no machine that runs this takes more; what would be more is a fault of the sensor. Its energy over a day
// fits 64 bits of nanojoules.
constexpr base::Watts max_power{100'000};
constexpr Nanoseconds power_slack{100'000'000};  // a coarse counter's step may come all at once

/// An absurd amount is a fault, whatever the sensor said of it.
Reading judged(Reading reading, const SensorInfo& info) {
    if (reading.state != State::valid) return reading;
    const Nanoseconds covered = std::max(reading.end - reading.begin, info.step) + power_slack;
    const base::Joules most = max_power * base::to_seconds(covered);
    if (reading.energy >= Nanojoules(0) && base::to_joules(reading.energy) <= most) return reading;
    reading.state = State::lost;
    reading.problem = fmt::format("{} gave an impossible amount of energy", info.name);
    reading.energy = Nanojoules(0);
    return reading;
}

}  // namespace

MachineCounter::MachineCounter(std::vector<std::unique_ptr<Sensor>> sensors, Nanoseconds now,
                               MachineCounterOptions options)
    : options_(std::move(options)), sensors_(std::move(sensors)), begin_(now), last_(now) {
    assign_roles();
    pending_.resize(sensors_.size());
    for (const Tally& tally : tallies_) standing_.push_back({tally.info.step, {}, false, false, 0});
    slices_ = Slices(sensors_.size());
    describe_total();
}

/// Counters learn how often they move.
void MachineCounter::update_steps() {
    total_.info.step = Nanoseconds(0);
    for (std::size_t i = 0; i < sensors_.size(); ++i) {
        tallies_[i].info.step = sensors_[i]->info().step;
        if (tallies_[i].role != Role::total) continue;
        // One that has never told anything leaves no edge uncertain: all of it is missing.
        const bool reported = tallies_[i].counted > Nanoseconds(0);
        total_.info.step = std::max(total_.info.step, reported ? tallies_[i].info.step : standing_[i].usual_step);
    }
}

void MachineCounter::read(Nanoseconds now, Nanojoules expected) {
    slices_.add(last_, now, expected);
    last_ = now;
    std::vector<Reading> readings;
    for (std::size_t i = 0; i < sensors_.size(); ++i) {
        readings.push_back(judged(sensors_[i]->read(now), tallies_[i].info));
        keep(i, readings.back(), now);
    }
    update_steps();
    find_mirrors(readings);
    compare();
    leave_platform(now);
}

void MachineCounter::keep(std::size_t i, const Reading& reading, Nanoseconds now) {
    Tally& tally = tallies_[i];
    if (reading.state == State::pending) {
        wait(i, reading, now);
        return;
    }
    pending_[i].reset();
    const int reported = std::min(standing_[i].reported + 1, enough_to_know_a_step);
    standing_[i] = {sensors_[i]->info().step, {}, false, false, reported};
    tally.problem = reading.problem;
    tally.power.reset();
    const Nanoseconds elapsed = reading.end - reading.begin;
    if (reading.state == State::lost) {
        tally.lost += elapsed;
        slices_.lose(i, now);
        return;
    }
    tally.energy += reading.energy;
    tally.counted += elapsed;
    tally.expected += Nanojoules(slices_.fill(i, reading));
    if (elapsed > Nanoseconds(0)) tally.power = power_range(reading.energy, elapsed, sensors_[i]->info().step);
}

/// A sensor that tells nothing is waited for, but not for ever.
void MachineCounter::wait(std::size_t i, const Reading& reading, Nanoseconds now) {
    Tally& tally = tallies_[i];
    if (!pending_[i]) pending_[i] = reading.begin;
    if (!standing_[i].since) standing_[i].since = reading.begin;
    const Nanoseconds waited = now - *standing_[i].since;
    const bool stands = reading.problem.empty();
    standing_[i].failing = !stands;
    const Nanoseconds patience = tally.info.scope == Scope::machine ? longest_stand_of_a_meter : longest_stand;
    const bool give_up = standing_[i].stuck || waited >= patience;
    tally.problem = reading.problem;
    if (!stands) tally.power.reset();
    if (stands && (give_up || waited >= std::max(worth_saying, standing_[i].usual_step * std::int64_t{3}))) {
        tally.problem =
            fmt::format("{} has not advanced for {:.1f} s", tally.info.name, base::to_seconds(waited).value());
        tally.power.reset();
    }
    if (!give_up) return;
    standing_[i].stuck = true;
    lose(i, now);
}

bool MachineCounter::step_is_known() const {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        if (tallies_[i].role == Role::total && standing_[i].reported < enough_to_know_a_step) return false;
    }
    return true;
}

void MachineCounter::lose(std::size_t i, Nanoseconds now) {
    if (const auto since = std::exchange(pending_[i], std::nullopt)) tallies_[i].lost += now - *since;
    sensors_[i]->restart(now);
    slices_.lose(i, now);
}

bool MachineCounter::is_known(const Slice& slice, bool with_parts) const {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        const bool matters = tallies_[i].role == Role::total || (with_parts && tallies_[i].role == Role::part);
        if (matters && slice.cells[i].state == SliceCell::State::open) return false;
    }
    return true;
}

Missing MachineCounter::missing_of(const SensorInfo& info, const CountedSoFar& own, const Stretch& stretch) const {
    std::vector<CountedSoFar> siblings;
    std::size_t of_its_scope = 0;
    for (const Tally& tally : tallies_) {
        if (tally.role != Role::total || tally.info.scope != info.scope) continue;
        ++of_its_scope;
        siblings.push_back({tally.energy, tally.expected, tally.counted});
    }
    for (const Unread& unread : missing_) of_its_scope += unread.info.scope == info.scope ? 1 : 0;
    return missing_energy({info.scope, own, siblings, of_its_scope}, stretch, options_.model);
}

/// What a sensor has told, over the time that it stands for: if it stands still longer than all that it has told of,
/// its steps are no shorter.
CountedSoFar MachineCounter::reported_by(std::size_t i) const {
    const Tally& tally = tallies_[i];
    CountedSoFar reported{tally.energy, tally.expected, tally.counted};
    const Nanoseconds stands = standing_[i].since ? last_ - *standing_[i].since : Nanoseconds(0);
    if (reported.time <= Nanoseconds(0) || stands <= reported.time || standing_[i].failing) return reported;
    const double times = stands / reported.time;
    reported.time = stands;
    reported.expected = Nanojoules(std::llround(times * static_cast<double>(reported.expected.value())));
    return reported;
}

MachineSlice MachineCounter::slice_of(const Slice& slice) const {
    MachineSlice sum{slice.begin, slice.end, {}, {}, {}, false};
    const Stretch stretch{slice.end - slice.begin, Nanojoules(slice.weight)};
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        const Tally& tally = tallies_[i];
        if (tally.role != Role::total) continue;
        sum.reported |= tally.counted > Nanoseconds(0);
        if (slice.cells[i].state == SliceCell::State::counted) {
            sum.counted += slice.cells[i].energy;
        } else {
            const bool yet = slice.cells[i].state == SliceCell::State::open;
            Missing missing = missing_of(tally.info, reported_by(i), stretch);
            missing.low = Nanojoules(0);  // it may be switched off, or tell of this time together with another
            (yet ? sum.pending : sum.missing) += missing;
        }
    }
    for (const Unread& unread : missing_) sum.missing += missing_of(unread.info, {}, stretch);
    return sum;
}

std::vector<MachineSlice> MachineCounter::hand_out(bool all) {
    std::vector<MachineSlice> slices;
    for (Slice& slice : slices_.all()) {
        if (slice.reported) continue;
        if (!all && !is_known(slice, false)) break;
        slice.reported = true;
        MachineSlice sum = slice_of(slice);
        const Nanojoules paid = std::min(owed_, sum.counted);
        owed_ -= paid;
        sum.counted -= paid;
        total_.energy += sum.counted;
        const bool whole = sum.missing == Missing{} && sum.pending == Missing{};
        (whole ? total_.counted : total_.lost) += slice.end - slice.begin;
        slices.push_back(sum);
    }
    // What was handed out stays as long as a counter may still tell of it.
    const auto done = [&](const Slice& slice) {
        return slice.reported && (is_known(slice, true) || last_ - slice.end > longest_stand);
    };
    while (!slices_.all().empty() && done(slices_.all().front())) slices_.all().pop_front();
    return slices;
}

std::vector<MachineSlice> MachineCounter::take() {
    return hand_out(false);
}

std::vector<MachineSlice> MachineCounter::give_up() {
    return hand_out(true);
}

std::vector<MachineSlice> MachineCounter::guess() const {
    std::vector<MachineSlice> slices;
    Nanojoules owed = owed_;
    for (const Slice& slice : slices_.all()) {
        if (slice.reported) continue;
        slices.push_back(slice_of(slice));
        const Nanojoules paid = std::min(owed, slices.back().counted);
        owed -= paid;
        slices.back().counted -= paid;
    }
    return slices;
}

void MachineCounter::restart(Nanoseconds now) {
    for (const Slice& slice : slices_.all()) {
        if (!slice.reported) total_.lost += slice.end - slice.begin;
    }
    for (std::size_t i = 0; i < sensors_.size(); ++i) lose(i, now);
    slices_.all().clear();
    begin_ = last_ = now;
}

}  // namespace ergon::energy
