#include "energy/window.h"

#include <algorithm>
#include <nlohmann/json.hpp>

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
    if (const MachineCounter* counter = reader_.counter()) {
        first_.assign(counter->tallies().begin(), counter->tallies().end());
    }
}

void Window::add(Nanoseconds now, bool forced) {
    const auto interval = reader_.read(now, forced, false);
    if (!interval) return;
    const Amounts last = amounts_of(*interval);
    amounts_ += last;
    busy_ += interval->program_busy + interval->others_busy;
    const Figure joules = total_of(last, reader_.uncertainty());
    const base::Seconds elapsed = base::to_seconds(last.time);
    last_power_ = Power{{joules.value / elapsed, joules.low / elapsed, joules.high / elapsed}, joules.method};
}

void Window::count_work(Nanoseconds busy) {
    if (busy <= busy_ || reader_.counts_machine()) return;
    const Nanojoules unseen =
        reader_.estimate().active_energy(busy, amounts_.time) - reader_.estimate().active_energy(busy_, amounts_.time);
    amounts_.active += unseen;
    amounts_.active_estimated += unseen;
    busy_ = busy;
}

std::optional<Window::Power> Window::poll() {
    add(base::now(), false);
    return last_power_;
}

WindowFigures Window::figures() {
    add(base::now(), true);
    WindowFigures figures;
    figures.seconds = base::to_seconds(amounts_.time);
    figures.joules = total_of(amounts_, reader_.uncertainty());
    figures.above_idle = above_idle_of(amounts_, reader_.uncertainty());
    if (figures.seconds > base::Seconds(0)) figures.average = figures.joules.value / figures.seconds;
    figures.boundary = reader_.boundary();
    figures.sensors = sensors();
    figures.busy = base::to_seconds(busy_);
    return figures;
}

std::vector<SensorUse> Window::sensors() const {
    std::vector<SensorUse> uses;
    const MachineCounter* const counter = reader_.counter();
    if (counter == nullptr) return uses;
    const auto tallies = counter->tallies();
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
    return {{"seconds", figures.seconds.value()},
            {"joules", figures.joules},
            {"above_idle", figures.above_idle},
            {"boundary", std::string(boundary_words(figures.boundary))},
            {"average_watts", figures.average.value()},
            {"busy_seconds", figures.busy.value()},
            {"sensors", sensors},
            {"overhead",
             {{"processor_seconds", overhead.processor_time.value()}, {"share_of_a_thread", overhead.share()}}}};
}

}  // namespace ergon::energy
