#include "energy/ledger/request_figures.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanojoules;
using base::Nanoseconds;
using base::to_joules;

// Assumed: processor time is a fair key for joules within this much either way. Between a core that waits for memory
// and one that multiplies at full width the power of server and desktop cores differs by less.
constexpr double apportioning_error = 0.2;

// Assumed: what other programs may have taken beyond what is known of them does not matter below this share.
constexpr std::int64_t known_others = 10;  // one in ten

Joules counted(const Amounts& amounts) {
    return to_joules(amounts.active + amounts.idle - amounts.active_estimated - amounts.idle_estimated -
                     amounts.missing.value);
}

bool any_estimated(const Amounts& amounts) {
    return amounts.active_estimated + amounts.idle_estimated + amounts.missing.value > Nanojoules(0);
}

Amounts amounts_of(const Charge& charge) {
    return {charge.active,         charge.idle,        charge.active_estimated,
            charge.idle_estimated, charge.shared,      charge.time,
            charge.others_more,    charge.others_less, {},
            charge.missing};
}

/// What counters leave uncertain: a step of the counter at either end, and the split of what was shared.
Joules counter_error(const Amounts& amounts, const Uncertainty& uncertainty) {
    if (any_estimated(amounts) && !(counted(amounts) > Joules(0))) return Joules(0);  // nothing was counted
    // What the counter has not shown yet at either end: a step at the power that was counted, or that the machine is
    // taken to draw at least. A count of nothing is no certainty.
    base::Watts power = uncertainty.estimated_idle.value;
    if (amounts.time > Nanoseconds(0)) power = std::max(power, counted(amounts) / base::to_seconds(amounts.time));
    const Joules edges = power * base::to_seconds(uncertainty.counter_step) * 2.0;
    return edges + to_joules(amounts.shared) * apportioning_error;
}

Joules not_negative(Joules energy) {
    return std::max(energy, Joules(0));
}

/// A component's part of the phase's work: always a split, with the split's error where a counter was and the class's
/// where not.
Figure component_of(Nanojoules energy, const Amounts& phase, const Uncertainty& uncertainty) {
    const double estimated = phase.active > Nanojoules(0) ? phase.active_estimated / phase.active : 0.0;
    const double below =
        (1 - estimated) * apportioning_error + estimated * (1 - uncertainty.estimated_active.low_factor());
    const double above =
        (1 - estimated) * apportioning_error + estimated * (uncertainty.estimated_active.high_factor() - 1);
    const Joules value = to_joules(energy);
    const bool idle_assumed = !uncertainty.idle_observed;
    return {value, value * (1 - below), value * (1 + above),
            any_estimated(phase) || idle_assumed ? Method::estimated : Method::apportioned};
}

}  // namespace

Amounts& Amounts::operator+=(const Amounts& other) {
    active += other.active;
    idle += other.idle;
    active_estimated += other.active_estimated;
    idle_estimated += other.idle_estimated;
    shared += other.shared;
    time += other.time;
    others_more += other.others_more;
    others_less += other.others_less;
    any_idle += other.any_idle;
    missing += other.missing;
    return *this;
}

Figure total_of(const Amounts& amounts, const Uncertainty& uncertainty) {
    const Joules error = counter_error(amounts, uncertainty);
    const Joules idle = to_joules(amounts.idle_estimated);
    const Joules active = to_joules(amounts.active_estimated);
    Figure figure{to_joules(amounts.active + amounts.idle),
                  not_negative(counted(amounts) - error - to_joules(amounts.others_more)),
                  counted(amounts) + error + to_joules(amounts.others_less), Method::measured};
    figure.low += idle * uncertainty.estimated_idle.low_factor() + active * uncertainty.estimated_active.low_factor();
    figure.high +=
        idle * uncertainty.estimated_idle.high_factor() + active * uncertainty.estimated_active.high_factor();
    figure.low += to_joules(amounts.missing.low);
    figure.high += to_joules(amounts.missing.high);
    // A counter that moved once or not at all tells of another time as much as of this one.
    const bool whole_steps = amounts.time >= uncertainty.counter_step * std::int64_t{2};
    const bool others_known = amounts.others_more + amounts.others_less <= amounts.active / known_others;
    if (amounts.shared > Nanojoules(0) || !whole_steps || !others_known) figure.method = Method::apportioned;
    if (any_estimated(amounts)) figure.method = Method::estimated;
    return figure;
}

Figure above_idle_of(const Amounts& amounts, const Uncertainty& uncertainty) {
    const bool all_estimated = any_estimated(amounts) && amounts.active == amounts.active_estimated;
    const Joules error = all_estimated ? Joules(0) : counter_error(amounts, uncertainty);
    const Joules counted_active = to_joules(amounts.active - amounts.active_estimated);
    const Joules active = to_joules(amounts.active_estimated);
    const Joules subtracted = to_joules(amounts.idle - amounts.idle_estimated);
    const Joules below = subtracted * (uncertainty.subtracted_idle.high_factor() - 1) +
                         to_joules(amounts.any_idle + amounts.others_more) +
                         to_joules(amounts.missing.value - amounts.missing.low);
    const Joules above = subtracted * (1 - uncertainty.subtracted_idle.low_factor()) + to_joules(amounts.others_less) +
                         to_joules(amounts.missing.high - amounts.missing.value);
    Figure figure{counted_active + active, counted_active - error - below, counted_active + error + above,
                  Method::apportioned};
    figure.low = not_negative(figure.low) + active * uncertainty.estimated_active.low_factor();
    figure.high += active * uncertainty.estimated_active.high_factor();
    if (any_estimated(amounts) || !uncertainty.idle_observed) figure.method = Method::estimated;
    return figure;
}

RequestFigures figures_of(RequestAccount account, const Uncertainty& uncertainty) {
    RequestFigures figures;
    Amounts whole;
    for (std::size_t i = 0; i < phase_count; ++i) {
        const Charge& charge = account.phases[i];
        const Amounts amounts = amounts_of(charge);
        PhaseFigures& phase = figures.phases[i];
        phase.total = total_of(amounts, uncertainty);
        phase.above_idle = above_idle_of(amounts, uncertainty);
        phase.seconds = base::to_seconds(charge.time);
        phase.tokens = base::Tokens(charge.tokens);
        std::map<ComponentId, Nanojoules> components;
        for (const auto& [cell, energy] : charge.cells) components[cell.component] += energy;
        for (const auto& [component, energy] : components) {
            phase.components[component] = component_of(energy, amounts, uncertainty);
        }
        whole += amounts;
    }
    whole.shared = account.shared;
    figures.total = total_of(whole, uncertainty);
    figures.above_idle = above_idle_of(whole, uncertainty);
    figures.seconds = base::to_seconds(whole.time);
    // Of a phase that took no time the joules are known as well as those of the request, not better.
    for (PhaseFigures& phase : figures.phases) {
        if (phase.seconds > base::Seconds(0)) continue;
        phase.total.method = figures.total.method;
        phase.above_idle.method = figures.above_idle.method;
    }
    figures.account = std::move(account);
    return figures;
}

nlohmann::ordered_json energy_json(const RequestFigures& figures) {
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < phase_count; ++i) {
        json[std::string(phase_names[i])] = {{"total", figures.phases[i].total},
                                             {"above_idle", figures.phases[i].above_idle}};
    }
    json["total"] = figures.total;
    json["above_idle"] = figures.above_idle;
    if (figures.account.devices > Nanojoules(0)) {  // at rest beside the request, and in no figure of it
        json["unused_devices"] = {{"value", to_joules(figures.account.devices).value()}, {"unit", "J"}};
    }
    return json;
}

nlohmann::ordered_json raw_json(const RequestFigures& figures) {
    const RequestAccount& account = figures.account;
    nlohmann::ordered_json phases;
    for (std::size_t i = 0; i < phase_count; ++i) {
        const Charge& charge = account.phases[i];
        phases[std::string(phase_names[i])] = {{"active_nj", charge.active.value()},
                                               {"idle_nj", charge.idle.value()},
                                               {"active_estimated_nj", charge.active_estimated.value()},
                                               {"idle_estimated_nj", charge.idle_estimated.value()},
                                               {"shared_nj", charge.shared.value()},
                                               {"missing_nj", charge.missing.value.value()},
                                               {"others_more_nj", charge.others_more.value()},
                                               {"others_less_nj", charge.others_less.value()},
                                               {"time_ns", charge.time.value()},
                                               {"tokens", charge.tokens}};
    }
    return {{"phases", phases},
            {"machine_nj", account.machine.value()},
            {"unused_devices_nj", account.devices.value()},
            {"program_busy_ns", account.program_busy.value()},
            {"others_busy_ns", account.others_busy.value()},
            {"elapsed_ns", account.elapsed.value()},
            {"intervals", account.intervals},
            {"estimated_intervals", account.estimated_intervals}};
}

}  // namespace ergon::energy
