#pragma once
// What every source of joules looks like. A reading says whether it is valid; a failed one is never a zero.

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"

namespace ergon::energy {

/// The part of the machine that a sensor covers.
enum class Scope : std::uint8_t {
    machine,      // a wall plug, or what the user names: contains everything
    platform,     // the whole board (psys, a discharging battery): contains the packages, is never added to them
    package,      // a processor package or one of its dies
    memory,       // DRAM: listed under a package, counted outside it
    accelerator,  // a graphics card
    part,         // inside a package (core, uncore) or unknown: shown, never added
};

struct SensorInfo {
    std::string name;    // "package-0", "package-0/dram"
    std::string source;  // "powercap", "perf", "hwmon", "battery", "nvml", "plug", "prometheus", "command", "file"
    Scope scope = Scope::part;
    base::Nanoseconds step{};     // how often it moves, as far as was seen: what an edge leaves uncertain
    base::Nanoseconds horizon{};  // read at least this often, or what happened since cannot be known; 0: no such limit
    std::string part_of;          // "package-0" for its core; empty if it lies in no other sensor, or in an unknown one
};

/// What a source said at one moment, or why it said nothing.
template <typename Value>
struct SensorResult {
    std::optional<Value> value;
    std::string problem;
    bool final_loss = false;  // nor will a later answer tell what was taken up to now
};

/// The energy between two moments.
struct Reading {
    enum class State : std::uint8_t {
        valid,    // `energy` was taken between `begin` and `end`
        pending,  // the counter has not moved, or this read failed; a later one may still cover the time since `begin`
        lost,     // what was taken between `begin` and `end` cannot be known; the next reading begins at `end`
    };
    State state = State::valid;
    base::Nanoseconds begin{};
    base::Nanoseconds end{};
    base::Nanojoules energy{};
    std::string problem;  // why it is not valid; empty where a counter only has not moved yet
};

/// Something of the machine that is there and cannot be read.
struct Unread {
    SensorInfo info;      // as if it could
    std::string problem;  // why not, and what helps: a sentence
};

class Sensor {
  public:
    virtual ~Sensor() = default;
    virtual const SensorInfo& info() const = 0;
    /// The energy since the end of the last reading that was valid or lost. Does not throw for what the machine does.
    virtual Reading read(base::Nanoseconds now) = 0;
    /// Gives up what is pending: the next reading begins at `now`. What a counter shows later of the time before is not
    /// in it.
    virtual void restart(base::Nanoseconds now) = 0;
    /// What a counter showed last, as the machine says it; nothing if it is none. Two that show the same are one.
    virtual std::optional<std::uint64_t> raw() const { return std::nullopt; }
};

}  // namespace ergon::energy
