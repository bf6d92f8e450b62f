#include "energy/machine_counter.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "energy/powercap.h"

namespace ergon::energy {
namespace {

using base::Nanojoules;
using base::Nanoseconds;
using State = Reading::State;

// Assumed: counters are read one after another and each moves once in a millisecond, so a sound platform counter may
// lag by a little; after this much energy a lag of a tenth is no lag.
constexpr Nanojoules enough_to_judge{5'000'000'000};
constexpr double least_platform_share = 0.9;

}  // namespace

SensorGroup::SensorGroup(std::vector<std::unique_ptr<Sensor>> sensors, Nanoseconds now)
    : sensors_(std::move(sensors)), begin_(now) {
    std::vector<std::string> names;
    info_ = sensors_.front()->info();
    for (const auto& sensor : sensors_) {
        names.push_back(sensor->info().name);
        info_.step = std::max(info_.step, sensor->info().step);
        info_.horizon = std::min(info_.horizon, sensor->info().horizon);
    }
    info_.name = fmt::format("{}", fmt::join(names, " + "));
}

Reading SensorGroup::read(Nanoseconds now) {
    Reading sum{State::valid, begin_, now, {}, {}};
    for (const auto& sensor : sensors_) {
        const Reading one = sensor->read(now);
        if (one.state == State::valid) collected_ += one.energy;
        if (one.state > sum.state) {
            sum.state = one.state;
            sum.problem = one.problem;
        }
    }
    if (sum.state == State::pending) return sum;
    if (sum.state == State::valid) {
        sum.energy = std::exchange(collected_, Nanojoules(0));
        begin_ = now;
    } else {
        restart(now);  // what the others collected, or still have pending, belongs to the time that is lost
    }
    return sum;
}

void SensorGroup::restart(Nanoseconds now) {
    begin_ = now;
    collected_ = Nanojoules(0);
    for (const auto& sensor : sensors_) sensor->restart(now);
}

MachineCounter::MachineCounter(std::unique_ptr<Sensor> platform, std::unique_ptr<Sensor> packages)
    : platform_(std::move(platform)), packages_(std::move(packages)) {}

Reading MachineCounter::read(Nanoseconds now) {
    if (!platform_) return packages_->read(now);
    const Reading whole = platform_->read(now);
    if (!packages_) return whole;
    Reading inside = packages_->read(now);
    if (whole.state != State::valid || inside.state != State::valid || whole.begin != inside.begin) return whole;
    platform_seen_ += whole.energy;
    packages_seen_ += inside.energy;
    if (packages_seen_ < enough_to_judge || platform_seen_ / packages_seen_ >= least_platform_share) return whole;
    platform_.reset();
    return inside;
}

void MachineCounter::restart(Nanoseconds now) {
    if (platform_) platform_->restart(now);
    if (packages_) packages_->restart(now);
}

CounterSearch find_machine_counter(const std::filesystem::path& sysfs, Nanoseconds now) {
    const PowercapSearch found = find_powercap_zones(sysfs);
    std::vector<std::unique_ptr<Sensor>> platform;
    std::vector<std::unique_ptr<Sensor>> packages;
    bool any_package = false;
    for (const PowercapZone& zone : found.zones) {
        auto counter = [&] { return std::make_unique<PowercapCounter>(zone, now); };
        if (zone.scope == Scope::platform) platform.push_back(counter());
        if (zone.scope == Scope::package || zone.scope == Scope::memory) packages.push_back(counter());
        any_package |= zone.scope == Scope::package;
    }
    const auto group = [&](std::vector<std::unique_ptr<Sensor>>& sensors) -> std::unique_ptr<Sensor> {
        if (sensors.empty()) return nullptr;
        return std::make_unique<SensorGroup>(std::move(sensors), now);
    };
    CounterSearch search;
    if (!any_package) packages.clear();  // memory alone is not the machine
    if (auto whole = group(platform), inside = group(packages); whole || inside) {
        search.counter = std::make_unique<MachineCounter>(std::move(whole), std::move(inside));
        search.sentence = fmt::format("the machine's counters (powercap: {})", search.counter->info().name);
        return search;
    }
    const std::filesystem::path root = sysfs / "class" / "powercap";
    search.sentence = found.problems.empty() ? fmt::format("No energy counter was found under {}.", root.string())
                                             : found.problems.front();
    return search;
}

}  // namespace ergon::energy
