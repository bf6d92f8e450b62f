#include "energy/ledger/ledger.h"

#include <algorithm>

#include "base/error.h"
#include "energy/ledger/settlement.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Nanojoules;
using base::Nanoseconds;

/// Users are counted from outside: a wrong place would charge nobody's memory.
void check_users(const Step& step) {
    for (const Work& work : step.records) {
        const bool inside = work.first_user >= 0 && work.users >= 0 &&
                            std::int64_t{work.first_user} + work.users <= std::ssize(step.users);
        if (!inside) base::fail(ErrorCode::bad_argument, "A work record names users that are not in its step.");
    }
    for (const User& user : step.users) {
        if (user.participant < 0 || user.participant >= std::ssize(step.participants)) {
            base::fail(ErrorCode::bad_argument, "A work record names participant {} of a step that has {}.",
                       user.participant, step.participants.size());
        }
    }
}

Nanojoules charged_to(const RequestAccount& account) {
    Nanojoules sum{};
    for (const Charge& charge : account.phases) sum += charge.active + charge.idle;
    return sum;
}

}  // namespace

void Ledger::begin_request(RequestId request, Nanoseconds time) {
    const auto [entry, added] = requests_.try_emplace(request);
    if (!added) base::fail(ErrorCode::bad_argument, "Request {} has already begun.", request);
    entry->second.begin = time;
    ++running_;
}

void Ledger::end_request(RequestId request, Nanoseconds time) {
    const auto found = requests_.find(request);
    if (found == requests_.end() || found->second.end) {
        base::fail(ErrorCode::bad_argument, "Request {} cannot end: it is not running.", request);
    }
    found->second.end = std::max(time, found->second.begin);
    --running_;
}

void Ledger::add_step(Step step) {
    check_users(step);
    for (const Participant& participant : step.participants) {
        const auto found = requests_.find(participant.request);
        if (found == requests_.end()) continue;
        Request& request = found->second;
        request.account.phases[static_cast<std::size_t>(participant.phase)].tokens += participant.tokens;
        const Phase before = request.phases.empty() ? Phase::prompt : request.phases.back().second;
        if (participant.phase == before) continue;
        const Nanoseconds since =
            request.phases.empty() ? step.begin : std::max(step.begin, request.phases.back().first);
        request.phases.emplace_back(since, participant.phase);
    }
    if (!step.records.empty()) {
        waiting_records_ += step.records.size();
        const double from_memory = part_from_memory(step.records, cost_.cached);
        steps_.push_back({std::move(step), Nanoseconds(std::numeric_limits<std::int64_t>::min()), from_memory});
    }
}

void Ledger::add_interval(const Interval& interval) {
    const Nanojoules none(0);
    if (interval.end <= interval.begin || (last_end_ && *last_end_ != interval.begin)) {
        base::fail(ErrorCode::bad_argument,
                   "An energy interval from {} to {} ns does not follow the one that ended at {} ns.",
                   interval.begin.value(), interval.end.value(), last_end_.value_or(interval.begin).value());
    }
    if (interval.energy < none || interval.idle < none || interval.idle > interval.energy || interval.beside < none ||
        interval.beside > interval.idle || interval.devices < none || interval.missing.value < none ||
        interval.missing.value > interval.energy || interval.missing.low < none ||
        interval.missing.high < interval.missing.value || interval.program_busy < Nanoseconds(0) ||
        interval.others_busy < Nanoseconds(0) || interval.others_less < Nanoseconds(0) ||
        interval.others_more < Nanoseconds(0)) {
        base::fail(ErrorCode::bad_argument,
                   "An energy interval of {} nJ with {} nJ idle and busy times of {} and {} ns is not valid.",
                   interval.energy.value(), interval.idle.value(), interval.program_busy.value(),
                   interval.others_busy.value());
    }
    intervals_.push_back(interval);
    last_end_ = interval.end;
}

void Ledger::settle(Nanoseconds until) {
    while (!intervals_.empty() && intervals_.front().end <= until) {
        const Interval interval = intervals_.front();
        intervals_.pop_front();
        Settlement settlement(*this, interval);
        settlement.run();
        common_.devices += interval.devices;
        settled_ += settlement.interval().energy;
        settled_until_ = interval.end;
        for (PendingStep& pending : steps_) pending.settled_until = interval.end;
        std::erase_if(steps_, [&](const PendingStep& pending) {
            const bool over = std::ranges::all_of(
                pending.step.records, [&](const Work& work) { return work.begin + work.elapsed < interval.end; });
            if (over) waiting_records_ -= pending.step.records.size();
            return over;
        });
    }
}

std::optional<RequestAccount> Ledger::take(RequestId request) {
    const auto found = requests_.find(request);
    if (found == requests_.end() || !found->second.end || *found->second.end > settled_until_) return std::nullopt;
    RequestAccount account = std::move(found->second.account);
    requests_.erase(found);
    taken_ += charged_to(account);
    return account;
}

Nanojoules Ledger::charged() const {
    Nanojoules sum = taken_;
    for (const auto& [id, request] : requests_) sum += charged_to(request.account);
    return sum;
}

const RequestAccount& Ledger::so_far(RequestId request) const {
    const auto found = requests_.find(request);
    if (found == requests_.end()) base::fail(ErrorCode::bad_argument, "Unknown request {}.", request);
    return found->second.account;
}

}  // namespace ergon::energy
