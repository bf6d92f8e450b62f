#include "energy/ledger/settlement.h"

#include <algorithm>
#include <cmath>

#include "energy/estimate/estimate.h"
#include "energy/ledger/largest_remainder.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;

__extension__ using Wide = __int128;

// Assumed: an interval in which other programs took less than this share of the energy above idle counts as the
// request's own; no machine is ever wholly without other programs.
constexpr std::int64_t negligible_share_of_others = 50;  // one in fifty

/// floor(amount * part / whole) for 0 <= part <= whole, whole > 0.
std::int64_t scaled(std::int64_t amount, std::int64_t part, std::int64_t whole) {
    return static_cast<std::int64_t>(static_cast<Wide>(amount) * part / whole);
}

/// The part of an operation's `amount` that falls into [from, to), the amount being spread evenly over its time.
std::int64_t part_within(std::int64_t amount, const Work& work, Nanoseconds from, Nanoseconds to) {
    const std::int64_t begin = work.begin.value();
    const std::int64_t elapsed = work.elapsed.value();
    if (elapsed <= 0) return begin >= from.value() && begin < to.value() ? amount : 0;
    const std::int64_t first = std::clamp(from.value(), begin, begin + elapsed) - begin;
    const std::int64_t last = std::clamp(to.value(), begin, begin + elapsed) - begin;
    return last > first ? scaled(amount, last, elapsed) - scaled(amount, first, elapsed) : 0;
}

/// What an operation costs beyond its workers' time, in nanojoules.
std::int64_t work_cost(const Work& work, const WorkCost& cost, double from_memory) {
    double joules = 0;
    for (std::size_t i = 0; i < source_count; ++i) {
        const bool streamed = static_cast<Source>(i) != Source::activations;
        const double per_byte =
            streamed ? from_memory * cost.joules_per_byte[i] + (1 - from_memory) * cost.joules_per_cached_byte
                     : cost.joules_per_byte[i];
        joules += per_byte * static_cast<double>(work.bytes[i]);
    }
    for (std::size_t i = 0; i < arithmetic_count; ++i)
        joules += cost.joules_per_operation[i] * static_cast<double>(work.operations[i]);
    return std::llround(joules * 1e9);
}

Cell cell_of(const Work& work) {
    return work.expert < 0 ? Cell{work.component} : Cell{work.component, work.layer, work.expert};
}

}  // namespace

double part_from_memory(std::span<const Work> records, base::Bytes cached) {
    double bytes = 0;
    for (const Work& work : records) bytes += static_cast<double>(work[Source::weights] + work[Source::cache]);
    return bytes > 0 ? std::max(0.0, 1 - static_cast<double>(cached.value()) / bytes) : 1;
}

void Ledger::Settlement::run() {
    find_segments();
    find_work();
    const std::int64_t unrecorded = std::max<std::int64_t>(0, interval_.program_busy.value() - recorded_busy_);
    const std::array<std::int64_t, 3> busy{recorded_busy_, unrecorded, interval_.others_busy.value()};
    const std::int64_t all_busy = recorded_busy_ + unrecorded + busy[2];
    std::int64_t idle = interval_.idle.value();
    std::int64_t active = (interval_.energy - interval_.idle).value(), by_cost = 0;
    if (!interval_.counted) {
        by_cost = recorded_cost_;
        interval_.energy += Nanojoules(by_cost);
    } else if (recorded_cost_ > 0) {
        // What neither active power nor our own work's cost explains may be anybody's, and is split like active.
        const std::int64_t explained = energy_of(ledger_.cost_.active, Nanoseconds(all_busy)).value();
        by_cost = std::clamp(active - explained, std::int64_t{0}, recorded_cost_);
        active -= by_cost;
    }
    if (all_busy == 0) {
        idle += active;  // drawn while nobody worked
    } else {
        const std::vector<std::int64_t> parts = split_exactly(active, busy);
        if (interval_.counted) find_doubt(busy);
        charge_work(parts[0], &RecordedWork::busy);
        charge_running(parts[1], Kind::active);
        ledger_.common_.others += Nanojoules(parts[2]);
        if (!interval_.counted) ledger_.common_.others_estimated += Nanojoules(parts[2]);
        others_ = parts[2];
        others_more_ = others_less_ = 0;  // what follows is not split by processor time
    }
    charge_work(by_cost, &RecordedWork::cost);
    charge_running(idle - interval_.beside.value(), Kind::idle);
    charge_running(interval_.beside.value(), Kind::beside);
    close();
}

void Ledger::Settlement::find_doubt(const std::array<std::int64_t, 3>& busy) {
    const double ours = static_cast<double>(busy[0] + busy[1]), others = static_cast<double>(busy[2]);
    if (ours <= 0) return;
    const double least = std::max(0.0, others - static_cast<double>(interval_.others_less.value()));
    const double most = others + static_cast<double>(interval_.others_more.value());
    others_more_ = 1 - (ours + others) / (ours + most);
    others_less_ = (ours + others) / (ours + least) - 1;
}

void Ledger::Settlement::find_segments() {
    std::vector<Nanoseconds> cuts{interval_.begin, interval_.end};
    const auto cut = [&](Nanoseconds time) {
        if (time > interval_.begin && time < interval_.end) cuts.push_back(time);
    };
    for (auto& [id, request] : ledger_.requests_) {
        if (request.begin >= interval_.end || (request.end && *request.end <= interval_.begin)) continue;
        touched_.push_back({&request, {}});
        cut(request.begin);
        if (request.end) cut(*request.end);
        for (const auto& [time, phase] : request.phases) cut(time);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        Segment& segment = segments_.emplace_back();
        segment.duration = (cuts[i + 1] - cuts[i]).value();
        for (const Touched& touched : touched_) {
            Request& request = *touched.request;
            if (request.begin > cuts[i] || (request.end && *request.end <= cuts[i])) continue;
            const Phase phase = phase_at(request, cuts[i]);
            segment.running.emplace_back(&request, phase);
            request.account.phases[static_cast<std::size_t>(phase)].time += Nanoseconds(segment.duration);
        }
    }
}

Phase Ledger::Settlement::phase_at(const Request& request, Nanoseconds time) {
    Phase phase = Phase::prompt;
    for (const auto& [since, next] : request.phases) {
        if (since > time) break;
        phase = next;
    }
    return phase;
}

void Ledger::Settlement::find_work() {
    for (const PendingStep& pending : ledger_.steps_) {
        const Step& step = pending.step;
        const bool single = step.participants.size() == 1;  // whose users need not be told apart
        std::map<Cell, std::size_t> shared;                 // by all participants: place in work_
        for (const Work& work : step.records) {
            const Nanoseconds from = pending.settled_until, to = interval_.end;
            const std::int64_t busy = part_within(std::max<std::int64_t>(0, work.busy.value()), work, from, to);
            const std::int64_t whole = work_cost(work, ledger_.cost_, pending.from_memory);
            const std::int64_t cost = part_within(whole, work, from, to);
            if (busy == 0 && cost == 0) continue;
            recorded_busy_ += busy;
            recorded_cost_ += cost;
            const Cell cell = cell_of(work);
            if (work.users > 0 && !single) {
                work_.push_back({&step, cell, users_of(step, work), busy, cost});
                continue;
            }
            const auto [place, added] = shared.try_emplace(cell, work_.size());
            if (added) work_.push_back({&step, cell, {}, 0, 0});
            work_[place->second].busy += busy;
            work_[place->second].cost += cost;
        }
    }
}

std::span<const User> Ledger::Settlement::users_of(const Step& step, const Work& work) {
    return std::span(step.users).subspan(work.first_user, work.users);
}

void Ledger::Settlement::charge_work(std::int64_t energy, std::int64_t RecordedWork::*key) {
    if (energy == 0 || work_.empty()) return;
    std::vector<std::int64_t> weights;
    for (const RecordedWork& work : work_) weights.push_back(work.*key);
    const std::vector<std::int64_t> parts = split_exactly(energy, weights);
    for (std::size_t i = 0; i < work_.size(); ++i) {
        if (parts[i] > 0) charge_users(work_[i], parts[i]);
    }
}

void Ledger::Settlement::charge_users(const RecordedWork& work, std::int64_t energy) {
    const std::vector<Participant>& participants = work.step->participants;
    if (participants.empty()) {
        charge(nullptr, Phase::prompt, work.cell, Kind::active, energy);
        return;
    }
    std::vector<std::int64_t> weights;
    for (const User& user : work.users) weights.push_back(std::max<std::int64_t>(0, user.amount));
    if (work.users.empty()) {
        for (const Participant& one : participants) weights.push_back(std::max<std::int64_t>(0, one.tokens));
    }
    const std::vector<std::int64_t> parts = split_exactly(energy, weights);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Participant& one =
            participants[work.users.empty() ? i : static_cast<std::size_t>(work.users[i].participant)];
        const auto found = ledger_.requests_.find(one.request);
        Request* request = found == ledger_.requests_.end() ? nullptr : &found->second;
        charge(request, one.phase, work.cell, Kind::active, parts[i]);
    }
}

void Ledger::Settlement::charge_running(std::int64_t energy, Kind kind) {
    std::vector<std::int64_t> durations;
    for (const Segment& segment : segments_) durations.push_back(segment.duration);
    const std::vector<std::int64_t> by_segment = split_exactly(energy, durations);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const auto& running = segments_[i].running;
        if (running.empty()) {
            charge(nullptr, Phase::prompt, {everything_else}, kind, by_segment[i]);
            continue;
        }
        const std::vector<std::int64_t> equal(running.size(), 1);
        const std::vector<std::int64_t> parts = split_exactly(by_segment[i], equal);
        for (std::size_t k = 0; k < running.size(); ++k) {
            charge(running[k].first, running[k].second, {everything_else}, kind, parts[k]);
        }
    }
}

void Ledger::Settlement::charge(Request* request, Phase phase, const Cell& cell, Kind kind, std::int64_t energy) {
    const Nanojoules amount(energy);
    if (request == nullptr) {
        (kind == Kind::active ? ledger_.common_.program : ledger_.common_.idle) += amount;
        unowned_ += energy;
        return;
    }
    Charge& charge = request->account.phases[static_cast<std::size_t>(phase)];
    if (kind == Kind::active) {
        charge.active += amount;
        charge.cells[cell] += amount;
        charge.others_more += Nanojoules(std::llround(others_more_ * static_cast<double>(energy)));
        charge.others_less += Nanojoules(std::llround(others_less_ * static_cast<double>(energy)));
        if (!interval_.counted) charge.active_estimated += amount;
    } else {
        charge.idle += amount;
        if (!interval_.counted && kind == Kind::idle) charge.idle_estimated += amount;
    }
    charge.missing += missing_part(energy);
    touch(request)[static_cast<std::size_t>(phase)] += amount;
}

Missing Ledger::Settlement::missing_part(std::int64_t energy) const {
    const std::int64_t all = interval_.energy.value();
    const auto part = [&](Nanojoules of) {
        const bool none = of <= Nanojoules(0) || all <= 0;
        return none ? Nanojoules(0) : Nanojoules(scaled(of.value(), energy, all));
    };
    return {part(interval_.missing.value), part(interval_.missing.low), part(interval_.missing.high)};
}

std::array<Nanojoules, phase_count>& Ledger::Settlement::touch(Request* request) {
    for (Touched& touched : touched_) {
        if (touched.request == request) return touched.charged;
    }
    return touched_.emplace_back(Touched{request, {}}).charged;  // late work of a request that ended before
}

void Ledger::Settlement::close() {
    const std::int64_t dynamic = (interval_.energy - interval_.idle).value();
    const bool alone = touched_.size() == 1 && unowned_ == 0 && others_ <= dynamic / negligible_share_of_others;
    for (const Touched& touched : touched_) {
        RequestAccount& account = touched.request->account;
        ++account.intervals;
        account.machine += interval_.energy;
        account.devices += interval_.devices;
        account.program_busy += interval_.program_busy;
        account.others_busy += interval_.others_busy;
        account.elapsed += interval_.end - interval_.begin;
        if (!interval_.counted || interval_.missing.value > Nanojoules(0)) ++account.estimated_intervals;
        if (!interval_.counted) continue;
        const auto phases = std::count_if(touched.charged.begin(), touched.charged.end(),
                                          [](Nanojoules part) { return part != Nanojoules(0); });
        for (std::size_t phase = 0; phase < phase_count; ++phase) {
            if (!alone) account.shared += touched.charged[phase];
            if (!alone || phases > 1) account.phases[phase].shared += touched.charged[phase];
        }
    }
}

}  // namespace ergon::energy
