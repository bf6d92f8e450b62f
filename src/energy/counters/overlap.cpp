#include "energy/counters/overlap.h"

#include <algorithm>
#include <array>
#include <string>

namespace ergon::energy {
namespace {

// Finer first: RAPL's own files, the same counters by perf, whatever hwmon's drivers call them, a battery's slow gauge.
constexpr std::array<std::string_view, 4> best_first{"powercap", "perf", "hwmon", "battery"};

std::ptrdiff_t rank_of(std::string_view source) {
    return std::find(best_first.begin(), best_first.end(), source) - best_first.begin();
}

bool is_psys(const SensorInfo& sensor) {
    return sensor.scope == Scope::platform && (sensor.source == "powercap" || sensor.source == "perf");
}

/// The accountant of one set of sensors.
class Roles {
  public:
    Roles(std::span<const SensorInfo> sensors, std::span<const Unread> unread) : readable_(sensors.size()) {
        all_.assign(sensors.begin(), sensors.end());
        for (const Unread& one : unread) all_.push_back(one.info);
        roles_.assign(all_.size(), Role::shown);
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (is_repeated(all_[i])) roles_[i] = Role::repeated;
        }
    }

    bool any(Scope scope) const {
        return std::any_of(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(readable_),
                           [&](const SensorInfo& s) { return s.scope == scope; });
    }

    void give(Scope scope, Role role) {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (all_[i].scope == scope && roles_[i] != Role::repeated) roles_[i] = role;
        }
    }

    /// Makes the best platform sensor the total, with those that add up to it.
    bool take_platform(bool psys_allowed) {
        std::ptrdiff_t best = -1;
        for (std::size_t i = 0; i < readable_; ++i) {
            const bool usable = all_[i].scope == Scope::platform && roles_[i] != Role::repeated &&
                                (!is_psys(all_[i]) || (psys_allowed && whole(all_[i].source, Scope::platform)));
            if (usable && (best < 0 || rank_of(all_[i].source) < rank_of(all_[best].source)))
                best = static_cast<std::ptrdiff_t>(i);
        }
        if (best < 0) return false;
        roles_[best] = Role::total;
        // Of other sources the first is taken, since nobody says whether the others lie inside it.
        const bool adds_up = all_[best].source == "battery" || is_psys(all_[best]);
        for (std::size_t i = 0; adds_up && i < all_.size(); ++i) {
            if (all_[i].source == all_[best].source && all_[i].scope == Scope::platform) roles_[i] = Role::total;
        }
        return true;
    }

    std::vector<Role> take() { return std::move(roles_); }

  private:
    /// Whether all that the source has of a scope can be read.
    bool whole(std::string_view source, Scope scope) const {
        return std::none_of(all_.begin() + static_cast<std::ptrdiff_t>(readable_), all_.end(),
                            [&](const SensorInfo& s) { return s.source == source && s.scope == scope; });
    }

    /// The source that tells most of a scope, or would if it could be read; empty if nothing is there.
    std::string_view best_source(Scope scope) const {
        std::string_view best;
        const auto key = [&](std::string_view source) { return std::pair(!whole(source, scope), rank_of(source)); };
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (i == readable_ && !best.empty()) break;
            if (all_[i].scope != scope || (scope == Scope::platform && !is_psys(all_[i]))) continue;
            if (best.empty() || key(all_[i].source) < key(best)) best = all_[i].source;
        }
        return best;
    }

    /// Whether another source counts the same, and better: its packages or memory as a whole (sources may divide
    /// packages differently), its psys, or a part of the same name.
    bool is_repeated(const SensorInfo& sensor) const {
        if (sensor.scope == Scope::package || sensor.scope == Scope::memory || is_psys(sensor)) {
            const std::string_view best = best_source(sensor.scope);
            return !best.empty() && sensor.source != best;
        }
        return sensor.scope == Scope::part && std::any_of(all_.begin(), all_.end(), [&](const SensorInfo& other) {
                   return other.scope == Scope::part && other.name == sensor.name &&
                          rank_of(other.source) < rank_of(sensor.source);
               });
    }

    std::vector<SensorInfo> all_;  // those that can be read first
    std::size_t readable_;
    std::vector<Role> roles_;
};

}  // namespace

std::vector<Role> roles_of(std::span<const SensorInfo> sensors, std::span<const Unread> unread) {
    Roles roles(sensors, unread);
    const bool packages = roles.any(Scope::package), accelerators = roles.any(Scope::accelerator);
    Role inside = Role::part;
    if (roles.any(Scope::machine)) {
        roles.give(Scope::machine, Role::total);
    } else if (!roles.take_platform(!accelerators)) {
        if (!packages) {
            roles.give(Scope::accelerator, Role::total);
            return roles.take();
        }
        inside = Role::total;
    }
    for (const Scope scope : {Scope::package, Scope::memory, Scope::accelerator}) roles.give(scope, inside);
    return roles.take();
}

}  // namespace ergon::energy
