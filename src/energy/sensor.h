#pragma once
// What every source of joules looks like. A reading says whether it is valid; a failed one is never a zero.

#include <cstdint>
#include <string>

#include "base/units.h"

namespace ergon::energy {

/// The part of the machine that a sensor covers.
enum class Scope : std::uint8_t {
    platform,  // the whole board (psys): contains the packages, is never added to them
    package,   // a processor package or one of its dies
    memory,    // DRAM: listed under a package, counted outside it
    part,      // inside a package (core, uncore) or unknown: shown, never added
};

struct SensorInfo {
    std::string name;  // "package-0", "package-0/dram"
    Scope scope = Scope::part;
    base::Nanoseconds step{};     // how often the counter moves: what an edge of an interval leaves uncertain
    base::Nanoseconds horizon{};  // read at least this often, or what happened since cannot be known
};

/// The energy between two moments.
struct Reading {
    enum class State : std::uint8_t {
        valid,    // `energy` was taken between `begin` and `end`
        pending,  // this read failed; a later one may still cover the time since `begin`
        lost,     // what was taken between `begin` and `end` cannot be known; the next reading begins at `end`
    };
    State state = State::valid;
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    base::Nanojoules energy{};
    std::string problem;  // why it is not valid
};

class Sensor {
  public:
    virtual ~Sensor() = default;
    virtual const SensorInfo& info() const = 0;
    /// The energy since the end of the last reading that was valid or lost. Does not throw for what the machine does.
    virtual Reading read(base::Nanoseconds now) = 0;
    /// Gives up what is pending: the next reading begins at `now`.
    virtual void restart(base::Nanoseconds now) = 0;
};

}  // namespace ergon::energy
