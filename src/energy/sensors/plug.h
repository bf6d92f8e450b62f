#pragma once
// Plugs that measure, on the local network: Shelly of both generations, and everything that runs Tasmota.

#include <optional>
#include <string>

#include "energy/counters/polled.h"

namespace ergon::energy {

enum class PlugKind : std::uint8_t { shelly_gen2, shelly_gen1, tasmota };

/// What a plug of this kind says in its JSON; nothing if that is not its JSON.
std::optional<Poll> parse_plug(PlugKind kind, const std::string& json);

/// "http://host": finds out which kind of plug it is. Throws Error(system) if nobody answers there, Error(unsupported)
/// if it is no plug that is known.
PolledSensor::ReadFn plug_source(const std::string& address);

}  // namespace ergon::energy
