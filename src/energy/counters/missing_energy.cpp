#include "energy/counters/missing_energy.h"

#include <cmath>

namespace ergon::energy {
namespace {

using base::Nanojoules;

// Assumed: at another time under a like load the same part takes up to two and a half times as much, or nothing;
// another socket of the same machine, which may idle while this one works, from a fifth to five times.
constexpr double own_low = 0, own_high = 2.5;
constexpr double sibling_low = 0.2, sibling_high = 5;
// Assumed: a card at rest takes 5 to 30 W, at work up to 350.
constexpr PowerRange unknown_card{base::Watts(20), base::Watts(5), base::Watts(350)};

Missing around(double nanojoules, double low, double high) {
    const auto amount = [](double value) { return Nanojoules(std::llround(std::min(value, 9e18))); };
    return {amount(nanojoules), amount(nanojoules * low), amount(nanojoules * high)};
}

Missing over_time(const PowerRange& power, base::Nanoseconds time) {
    if (power.value <= base::Watts(0)) return {};
    return around(power.value.value() * static_cast<double>(time.value()), power.low_factor(), power.high_factor());
}

/// Processors follow the machine's load; cards and memory are taken to go on as they did.
double at_its_rate(const CountedSoFar& counted, Scope scope, const Stretch& stretch) {
    const bool by_time = scope == Scope::accelerator || scope == Scope::memory || counted.expected <= Nanojoules(0);
    const double share = by_time ? stretch.time / counted.time : stretch.expected / counted.expected;
    return share * static_cast<double>(counted.energy.value());
}

}  // namespace

Missing missing_energy(const MissingPart& part, const Stretch& stretch, const MissingModel& model) {
    if (part.own.time > base::Nanoseconds(0)) {
        return around(at_its_rate(part.own, part.scope, stretch), own_low, own_high);
    }
    double siblings = 0;
    int reported = 0;
    for (const CountedSoFar& sibling : part.siblings) {
        if (sibling.time <= base::Nanoseconds(0)) continue;
        siblings += at_its_rate(sibling, part.scope, stretch);
        ++reported;
    }
    if (reported > 0) return around(siblings / reported, sibling_low, sibling_high);
    if (part.scope == Scope::memory) {
        return over_time(model.memory * (1.0 / static_cast<double>(part.of_its_scope)), stretch.time);
    }
    if (part.scope == Scope::accelerator) return over_time(unknown_card, stretch.time);
    const double share = static_cast<double>(stretch.expected.value()) / static_cast<double>(part.of_its_scope);
    return around(share, model.low_factor, model.high_factor);
}

}  // namespace ergon::energy
