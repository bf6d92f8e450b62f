#pragma once
// What is put in the place of a part of the machine that no counter told of, beside parts that were counted.

#include <span>

#include "energy/machine/power_range.h"
#include "energy/sensors/sensor.h"

namespace ergon::energy {

/// Energy that no counter saw, with its 95% interval.
struct Missing {
    base::Nanojoules value{};
    base::Nanojoules low{};
    base::Nanojoules high{};
    bool operator==(const Missing&) const = default;
    Missing& operator+=(const Missing& other) {
        value += other.value;
        low += other.low;
        high += other.high;
        return *this;
    }
};

/// What a counter has told so far, to guess from what it does not tell.
struct CountedSoFar {
    base::Nanojoules energy{};
    base::Nanojoules expected{};  // by the machine's estimate, of the same time
    base::Nanoseconds time{};
};

/// What is expected of this machine before any counter has told anything.
struct MissingModel {
    double low_factor = 0.3, high_factor = 3;  // the ends of the machine's estimate, of its value
    PowerRange memory{};                       // of all of it
};

/// What a stretch of time is expected to take.
struct Stretch {
    base::Nanoseconds time{};
    base::Nanojoules expected{};  // by the machine's estimate
};

/// A part of the total that is missing.
struct MissingPart {
    Scope scope = Scope::part;
    CountedSoFar own;                        // what it told at other times
    std::span<const CountedSoFar> siblings;  // what others of its scope told
    std::size_t of_its_scope = 1;            // so many parts of the total have its scope, itself included
};

/// Its guess, best first: its own power at other times, as the machine's load had it; the mean of its siblings; watts
/// that are assumed of memory and of cards; its share of the machine's estimate. docs/energy.md argues the intervals.
Missing missing_energy(const MissingPart& part, const Stretch& stretch, const MissingModel& model);

}  // namespace ergon::energy
