#include "energy/ledger/window.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"

namespace ergon::energy {

using base::Nanojoules;
using base::Nanoseconds;

namespace {

/// Cards may do the work of the window's programs, so what they took is work here.
Amounts amounts_of(const Interval& interval) {
    Amounts amounts;
    amounts.idle = interval.idle - interval.beside;
    amounts.active = interval.energy - amounts.idle;
    amounts.any_idle = interval.beside;
    amounts.missing = interval.missing;
    if (!interval.counted) {
        amounts.idle_estimated = amounts.idle;
        amounts.active_estimated = amounts.active - interval.beside;
    }
    amounts.time = interval.end - interval.begin;
    return amounts;
}

}  // namespace

Window::Window(MachineReader& reader) : reader_(reader) {
    reader_.start(base::now());
    begin_ = reader_.last_reading();
    if (const MachineCounter* counter = reader_.counter()) {
        first_.assign(counter->tallies().begin(), counter->tallies().end());
    }
}

Window::Taken Window::taken_in(std::span<const Interval> intervals) const {
    Taken taken;
    for (const Interval& interval : intervals) {
        if (interval.begin < begin_ || (end_ && interval.end > *end_)) continue;
        taken.amounts += amounts_of(interval);
        taken.busy += interval.program_busy + interval.others_busy;
    }
    return taken;
}

/// Up to the last reading, guesses of what counters have yet to tell included.
Window::Taken Window::taken() const {
    Taken all = taken_in(reader_.guess());
    for (const Taken& more : {known_, unseen_}) {
        all.amounts += more.amounts;
        all.busy += more.busy;
    }
    return all;
}

void Window::add(Nanoseconds now) {
    const Taken last = taken_in(reader_.read(now, false));
    known_.amounts += last.amounts;
    known_.busy += last.busy;
    // A counter that moves rarely has told nothing new at most readings: what it told last stays.
    if (last.amounts.time <= Nanoseconds(0)) return;
    const Figure joules = total_of(last.amounts, reader_.uncertainty());
    const base::Seconds elapsed = base::to_seconds(last.amounts.time);
    last_power_ = Power{{joules.value / elapsed, joules.low / elapsed, joules.high / elapsed}, joules.method};
}

void Window::count_work(Nanoseconds busy) {
    const Taken seen = taken();
    if (busy <= seen.busy || reader_.counts_machine()) return;
    const Nanojoules unseen = reader_.estimate().active_energy(busy, seen.amounts.time) -
                              reader_.estimate().active_energy(seen.busy, seen.amounts.time);
    unseen_.amounts.active += unseen;
    unseen_.amounts.active_estimated += unseen;
    unseen_.busy += busy - seen.busy;
}

std::optional<Window::Power> Window::poll() {
    add(base::now());
    return last_power_;
}

void Window::finish() {
    add(base::now());
    end_ = reader_.last_reading();
    step_at_end_ = reader_.uncertainty().counter_step;
    if (const MachineCounter* counter = reader_.counter()) {
        tallies_at_end_.assign(counter->tallies().begin(), counter->tallies().end());
    }
    const Nanoseconds deadline = base::now() + reader_.worth_waiting();
    while (known_.amounts.time < *end_ - begin_ && base::now() < deadline) {
        constexpr std::chrono::milliseconds pause(10);
        std::this_thread::sleep_for(pause);
        add(base::now());
    }
}

/// Whether it has ended before the counters told of all of it. For how long they stand still after its end is no matter
/// of the window.
bool Window::ended_unknown() const {
    return end_ && known_.amounts.time < *end_ - begin_;
}

std::span<const Tally> Window::tallies() const {
    return ended_unknown() ? std::span<const Tally>(tallies_at_end_) : reader_.counter()->tallies();
}

Uncertainty Window::uncertainty() const {
    Uncertainty uncertainty = reader_.uncertainty();
    if (ended_unknown()) uncertainty.counter_step = step_at_end_;
    return uncertainty;
}

WindowFigures Window::figures() {
    if (!end_) add(base::now());
    const Taken all = taken();
    WindowFigures figures;
    figures.seconds = base::to_seconds(all.amounts.time);
    figures.joules = total_of(all.amounts, uncertainty());
    figures.above_idle = above_idle_of(all.amounts, uncertainty());
    if (figures.seconds > base::Seconds(0)) figures.average = figures.joules.value / figures.seconds;
    figures.boundary = reader_.boundary();
    figures.sensors = sensors();
    figures.busy = base::to_seconds(all.busy);
    figures.not_counted = not_counted();
    return figures;
}

/// What is missing from a counted total.
std::vector<NotCounted> Window::not_counted() const {
    std::vector<NotCounted> list;
    const MachineCounter* const counter = reader_.counter();
    if (counter == nullptr || !counter->covers_processor()) return list;
    for (const Unread& unread : counter->missing()) list.push_back({unread.info.name, unread.problem});
    const std::span<const Tally> tallies = this->tallies();
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        if (tallies[i].role != Role::total) continue;
        const Nanoseconds lost = tallies[i].lost - first_[i].lost;
        if (!tallies[i].problem.empty()) {
            const bool sentence = tallies[i].problem.ends_with('.');
            list.push_back({tallies[i].info.name, tallies[i].problem + (sentence ? "" : ".")});
        } else if (lost > Nanoseconds(0)) {
            list.push_back({tallies[i].info.name,
                            fmt::format("It gave no reading for {:.2f} s.", base::to_seconds(lost).value())});
        }
    }
    return list;
}

std::vector<SensorUse> Window::sensors() const {
    std::vector<SensorUse> uses;
    const MachineCounter* const counter = reader_.counter();
    if (counter == nullptr) return uses;
    const std::span<const Tally> tallies = this->tallies();
    Nanojoules total{}, parts{};
    bool all_complete = true, any_part = false;
    const bool several = std::ranges::count(tallies, Role::total, &Tally::role) > 1;
    for (std::size_t i = 0; i < tallies.size(); ++i) {
        const Tally& now = tallies[i];
        const Nanojoules taken = now.energy - first_[i].energy;
        const bool complete = now.lost == first_[i].lost && now.problem.empty();
        const std::string& part_of = several && now.role == Role::total ? counter->info().name : now.info.part_of;
        uses.push_back({now.info.name, now.info.scope, part_of, base::to_joules(taken), complete, now.power});
        if (now.role == Role::total) total += taken;
        if (now.role == Role::part) {
            parts += taken;
            any_part = true;
        }
        if (now.role == Role::total || now.role == Role::part) all_complete = all_complete && complete;
    }
    if (any_part && all_complete) {
        uses.push_back(
            {"rest of the machine", Scope::part, counter->info().name, base::to_joules(total - parts), true, {}});
    }
    if (several) {
        uses.insert(uses.begin(), {counter->info().name, Scope::machine, "", base::to_joules(total), all_complete, {}});
    }
    return uses;
}

nlohmann::ordered_json window_json(const WindowFigures& figures, const Overhead& overhead) {
    nlohmann::ordered_json sensors = nlohmann::ordered_json::array();
    for (const SensorUse& use : figures.sensors) {
        nlohmann::ordered_json sensor{{"name", use.name}, {"joules", use.joules.value()}};
        sensor["part_of"] = use.part_of.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(use.part_of);
        sensor["complete"] = use.complete;
        sensors.push_back(std::move(sensor));
    }
    nlohmann::ordered_json not_counted = nlohmann::ordered_json::array();
    for (const NotCounted& part : figures.not_counted) {
        not_counted.push_back({{"name", part.name}, {"reason", part.reason}});
    }
    return {{"seconds", figures.seconds.value()},
            {"joules", figures.joules},
            {"above_idle", figures.above_idle},
            {"boundary", std::string(boundary_words(figures.boundary))},
            {"average_watts", figures.average.value()},
            {"busy_seconds", figures.busy.value()},
            {"sensors", sensors},
            {"not_counted", not_counted},
            {"overhead",
             {{"processor_seconds", overhead.processor_time.value()}, {"share_of_a_thread", overhead.share()}}}};
}

}  // namespace ergon::energy
