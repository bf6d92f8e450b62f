// Which of a machine's sensors are its total, and what becomes of one that turns out not to be what it seemed.

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/error.h"
#include "energy/counters/machine_counter.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using State = Reading::State;

// Assumed: counters are read one after another and each moves in steps, so a sound platform counter may lag by a
// little; after this much energy, and this many of its steps, a lag of a tenth is no lag.
constexpr Nanojoules enough_to_judge{5'000'000'000};
constexpr std::int64_t steps_to_judge = 10;
constexpr double min_platform_share = 0.9;
// A platform counter that has never moved in this time, while its packages took enough to judge, is none.
constexpr Nanoseconds platform_patience{2'500'000'000};

/// "powercap: package-0 + package-1, nvml: gpu-0"
std::string joined_names(std::span<const Tally> tallies) {
    std::string text, source;
    for (const Tally& tally : tallies) {
        if (tally.role != Role::total) continue;
        if (tally.info.source != source) {
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", tally.info.source, tally.info.name);
        } else {
            text += " + " + tally.info.name;
        }
        source = tally.info.source;
    }
    return text;
}

/// "package-0 + package-1"
std::string names_with(std::span<const Tally> tallies, Role role) {
    std::string text;
    for (const Tally& tally : tallies) {
        if (tally.role == role) text += (text.empty() ? "" : " + ") + tally.info.name;
    }
    return text;
}

}  // namespace

/// Sensors that others repeat are dropped; the rest are put in the order of their roles.
void MachineCounter::assign_roles() {
    std::vector<SensorInfo> infos;
    infos.reserve(sensors_.size());
    for (const auto& sensor : sensors_) infos.push_back(sensor->info());
    std::vector<Role> roles = roles_of(infos, options_.unread);
    if (std::none_of(roles.begin(), roles.begin() + std::ssize(infos), [](Role role) { return role == Role::total; })) {
        base::fail(base::ErrorCode::bad_argument,
                   "No sensor covers a processor package, a whole machine or a graphics card, so there is no total.");
    }
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const SensorInfo& info = i < infos.size() ? infos[i] : options_.unread[i - infos.size()].info;
        const bool apart = options_.devices_apart && info.scope == Scope::accelerator && roles[i] == Role::total;
        if (apart) roles[i] = Role::apart;
        if (i < infos.size()) continue;
        const Unread& unread = options_.unread[i - infos.size()];
        if (roles[i] == Role::total) missing_.push_back(unread);
        if (roles[i] == Role::part) missing_parts_.push_back(unread);
        if (roles[i] == Role::apart) missing_devices_.push_back(unread);
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < infos.size(); ++i) {
        if (roles[i] != Role::repeated) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return roles[a] < roles[b]; });
    std::vector<std::unique_ptr<Sensor>> kept;
    for (const std::size_t i : order) {
        kept.push_back(std::move(sensors_[i]));
        tallies_.push_back({infos[i], roles[i], {}, {}, {}, {}, {}, {}});
    }
    sensors_ = std::move(kept);
}

std::string MachineCounter::description() const {
    return joined_names(tallies_);
}

std::string MachineCounter::device_names() const {
    return names_with(tallies_, Role::apart);
}

std::string MachineCounter::all_names() const {
    const std::string devices = device_names();
    return total_.info.name + (devices.empty() || total_.info.name.empty() ? "" : " + ") + devices;
}

Nanoseconds MachineCounter::usual_step() const {
    Nanoseconds step{};
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        if (tallies_[i].role == Role::total) step = std::max(step, standing_[i].usual_step);
    }
    return step;
}

bool MachineCounter::stuck() const {
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
        if (tallies_[i].role == Role::total && (standing_[i].stuck || standing_[i].failing)) return true;
    }
    return false;
}

Nanojoules MachineCounter::devices_energy() const {
    Nanojoules energy{};
    for (const Tally& tally : tallies_) {
        if (tally.role == Role::apart) energy += tally.energy;
    }
    return energy;
}

void MachineCounter::describe_total() {
    total_.role = Role::total;
    total_.info = {};
    total_.info.name = names_with(tallies_, Role::total);
    for (Tally& tally : tallies_) {
        if (tally.role == Role::total) {
            total_.info.scope = std::min(total_.info.scope, tally.info.scope);
            if (total_.info.source.empty()) total_.info.source = tally.info.source;
        } else if (tally.role == Role::part) {
            tally.info.part_of = total_.info.name;
        }
        const Nanoseconds horizon = tally.info.horizon;
        if (horizon <= Nanoseconds(0)) continue;
        const bool first = total_.info.horizon == Nanoseconds(0);
        total_.info.horizon = first ? horizon : std::min(total_.info.horizon, horizon);
    }
    update_steps();
}

/// Two dies, or two sockets of a virtual machine, may show one counter: what is the same to the last digit after both
/// moved is the same.
void MachineCounter::find_mirrors(std::span<const Reading> readings) {
    const auto may_be = [&](std::size_t i) {
        const bool counts = tallies_[i].role == Role::total || tallies_[i].role == Role::part;
        return counts && tallies_[i].info.scope < Scope::accelerator && readings[i].state == State::valid &&
               readings[i].energy > Nanojoules(0) && sensors_[i]->raw().value_or(0) > 0;
    };
    bool found = false;
    for (std::size_t i = 0; i < sensors_.size(); ++i) {
        for (std::size_t k = i + 1; may_be(i) && k < sensors_.size(); ++k) {
            const bool alike = may_be(k) && tallies_[k].info.scope == tallies_[i].info.scope &&
                               tallies_[k].info.source == tallies_[i].info.source;
            if (!alike || sensors_[k]->raw() != sensors_[i]->raw()) continue;
            if (tallies_[k].role == Role::total) {
                owed_ += tallies_[k].energy;
                for (const Slice& slice : slices_.all()) {
                    if (!slice.reported) owed_ -= slice.cells[k].energy;
                }
            }
            tallies_[k].role = Role::repeated;
            tallies_[k].info.part_of = tallies_[i].info.name;
            found = true;
        }
    }
    if (found) describe_total();
}

/// Adds slices of which the total and all its parts have told.
void MachineCounter::compare() {
    for (Slice& slice : slices_.all()) {
        if (slice.compared || !is_known(slice, true)) continue;
        slice.compared = true;
        Nanojoules total{}, parts{};
        bool counted = true;
        for (std::size_t i = 0; i < tallies_.size(); ++i) {
            const Role role = tallies_[i].role;
            if (role != Role::total && role != Role::part) continue;
            counted &= slice.cells[i].state == SliceCell::State::counted;
            (role == Role::total ? total : parts) += slice.cells[i].energy;
        }
        if (!counted) continue;
        known_total_ += total;
        known_parts_ += parts;
        known_time_ += slice.end - slice.begin;
    }
}

bool MachineCounter::platform_stands_still(Nanoseconds now) const {
    Nanojoules packages{};
    for (const Tally& tally : tallies_) {
        if (tally.role == Role::total && tally.counted > Nanoseconds(0)) return false;
        if (tally.role == Role::part && tally.info.scope == Scope::package) packages += tally.energy;
    }
    return now - begin_ >= platform_patience && packages >= enough_to_judge;
}

/// A platform counter that counts less than its parts is left for them, from this reading on.
void MachineCounter::leave_platform(Nanoseconds now) {
    if (total_.info.scope != Scope::platform) return;
    const bool packages = std::ranges::any_of(
        tallies_, [](const Tally& tally) { return tally.role == Role::part && tally.info.scope == Scope::package; });
    const bool too_little = known_parts_ >= enough_to_judge && known_time_ >= total_.info.step * steps_to_judge &&
                            known_total_ / known_parts_ < min_platform_share;
    if (!packages || !(too_little || platform_stands_still(now))) return;
    for (Tally& tally : tallies_) {
        if (tally.role == Role::total) tally.role = Role::shown;
        if (tally.role == Role::part) {
            tally.role = Role::total;
            tally.info.part_of.clear();
        }
    }
    missing_ = std::exchange(missing_parts_, {});
    known_total_ = known_parts_ = Nanojoules(0);
    known_time_ = Nanoseconds(0);
    describe_total();
}

std::optional<MachineCounter::Rest> MachineCounter::rest() const {
    const bool parts =
        std::any_of(tallies_.begin(), tallies_.end(), [](const Tally& tally) { return tally.role == Role::part; });
    if (!parts || known_time_ == Nanoseconds(0)) return std::nullopt;
    return Rest{known_total_ - known_parts_, known_time_};
}

}  // namespace ergon::energy
